import type { ObjectHeaderEvent, ObjectPayloadEvent, TraceEvent, TraceHeader } from '../../records/trace-event.js';
import { eventToEntries } from '../event-fields.js';
import { headerToMap } from '../header-fields.js';
import type { TraceEncoder } from '../trace-item.js';
import { CborWriter } from './cbor-writer.js';
import { ObjectEvents } from './object-events.js';
import { MAGIC } from './reader.js';

const VERSION = 2;
const NOTHING = new Uint8Array(0);

/** A text key as CBOR: keys are short, and the same again for every object. */
const key = (name: string): Uint8Array => Uint8Array.of(0x60 | name.length, ...[...name].map((c) => c.charCodeAt(0)));
const KEY = {
  n: key('n'),
  t: key('t'),
  e: key('e'),
  sid: key('sid'),
  g: key('g'),
  o: key('o'),
  pp: key('pp'),
  os: key('os'),
  sz: key('sz'),
  pl: key('pl'),
};

/** Writes `.moqtrace` version 2. */
export class MoqtraceWriter implements TraceEncoder {
  readonly objects = new ObjectEvents();
  private readonly writer = new CborWriter();

  header(header: TraceHeader): Uint8Array {
    this.writer.value(headerToMap(header));
    const map = this.writer.finish();
    const bytes = new Uint8Array(16 + map.length);
    bytes.set(MAGIC);
    const view = new DataView(bytes.buffer);
    view.setUint32(8, VERSION, true);
    view.setUint32(12, map.length, true);
    bytes.set(map, 16);
    return bytes;
  }

  event(event: TraceEvent): Uint8Array {
    this.add(event);
    return this.writer.finish();
  }

  end(): Uint8Array {
    return NOTHING;
  }

  private add(event: TraceEvent): void {
    const { writer } = this;
    // Objects are most of a trace, and the only events on the path of the data.
    if ((event.kind === 3 || event.kind === 4) && event.peer === undefined && event.extra === undefined) {
      this.object(event);
      return;
    }
    const entries = eventToEntries(event);
    writer.mapHeader(entries.length);
    for (const [name, value] of entries) {
      writer.text(name);
      writer.value(value);
    }
  }

  private object(event: ObjectHeaderEvent | ObjectPayloadEvent): void {
    const { writer } = this;
    const payload = event.kind === 4 ? event.payload : undefined;
    writer.mapHeader(event.kind === 3 ? 8 : payload === undefined ? 7 : 8);
    writer.raw(KEY.n);
    writer.unsigned(event.sequence);
    writer.raw(KEY.t);
    writer.unsigned(event.timeUs);
    writer.raw(KEY.e);
    writer.unsigned(event.kind);
    writer.raw(KEY.sid);
    writer.bigUnsigned(event.streamId);
    writer.raw(KEY.g);
    writer.bigUnsigned(event.group);
    writer.raw(KEY.o);
    writer.bigUnsigned(event.object);
    if (event.kind === 3) {
      writer.raw(KEY.pp);
      writer.unsigned(event.priority);
      writer.raw(KEY.os);
      writer.unsigned(event.status);
      return;
    }
    writer.raw(KEY.sz);
    writer.unsigned(event.size);
    if (payload === undefined) return;
    writer.raw(KEY.pl);
    writer.byteString(payload);
  }
}
