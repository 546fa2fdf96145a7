import { describe, expect, it } from 'vitest';
import { MoqtraceReader } from '../../../src/core/trace/moqtrace/reader.js';
import { MoqtraceWriter } from '../../../src/core/trace/moqtrace/writer.js';
import { SessionRecorder } from '../../../src/core/trace/session-recorder.js';
import { TraceLog } from '../../../src/core/trace/trace-log.js';
import type { TraceOutput } from '../../../src/core/trace/trace-output.js';
import { concatBytes } from '../../../src/core/util/bytes.js';

/** A disk that takes nothing until it is told to. */
class StuckOutput implements TraceOutput {
  readonly failure = null;
  written: Uint8Array[] = [];
  queuedBytes = 0;
  write(bytes: Uint8Array): void {
    this.written.push(bytes.slice());
    this.queuedBytes += bytes.length;
  }
  async flush(): Promise<void> {}
  async close(): Promise<void> {}

  events() {
    const reader = new MoqtraceReader();
    const items = [...reader.push(concatBytes(this.written)), ...reader.end()];
    return items.flatMap((item) => (item.type === 'event' ? [item.event] : []));
  }
}

const HEADER = { protocol: 'moq-transport-18', perspective: 'client', detail: 'headers' };
const CLOSED = { kind: 2, streamId: 1n, errorCode: 0n } as const;

describe('a trace log', () => {
  it('keeps what comes before the header can be written', () => {
    const output = new StuckOutput();
    const log = new TraceLog(new MoqtraceWriter(), output);
    log.add(CLOSED);
    expect(output.written).toEqual([]);
    log.begin(HEADER);
    log.add(CLOSED);
    expect(output.events().map(({ sequence }) => sequence)).toEqual([0, 1]);
  });

  it('drops events when the disk does not keep up, and says how many as soon as it does', async () => {
    const output = new StuckOutput();
    const log = new TraceLog(new MoqtraceWriter(), output, 1000);
    log.begin(HEADER);
    for (let i = 0; i < 1000; i++) log.add({ ...CLOSED });
    const { queuedBytes } = output;
    expect(queuedBytes).toBeLessThan(1100);
    output.queuedBytes = 0;
    log.add(CLOSED);
    await log.close();
    const events = output.events();
    const note = events.at(-2);
    expect(note).toMatchObject({ kind: 7, label: 'dropped', data: { events: log.dropped } });
    expect(events.length - 1 + log.dropped).toBe(1001);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i));
  });
});

describe('a recorder', () => {
  it('falls silent at its first defect instead of disturbing the session', () => {
    const added: object[] = [];
    const recorder = new SessionRecorder({ add: (event) => added.push(event) }, { payload: false, onDraft: () => {} });
    const broken = {
      get type(): never {
        throw new Error('a defect');
      },
    };
    recorder.controlMessage('sent', broken as never, new Uint8Array(0), 0n, {} as never);
    recorder.streamClosed(4n, 0n);
    expect(added).toEqual([{ kind: 7, label: 'recorder-failed', data: { message: 'a defect' } }]);
  });

  it('writes the size of an object once it is whole, or every piece with its payload', () => {
    const header = {
      group: 1n,
      subgroup: 0n,
      object: 2n,
      priority: 3,
      status: 'normal',
      properties: new Uint8Array(0),
      payloadLength: 3,
    } as const;
    const pieces = [
      { header, offset: 0, bytes: Uint8Array.of(1, 2), complete: false },
      { header, offset: 2, bytes: Uint8Array.of(3), complete: true },
    ];
    const record = (payload: boolean) => {
      const added: object[] = [];
      const recorder = new SessionRecorder({ add: (event) => added.push(event) }, { payload, onDraft: () => {} });
      recorder.fragments(5n, pieces);
      return added;
    };
    const place = { streamId: 5n, group: 1n, object: 2n };
    const began = { kind: 3, ...place, priority: 3, status: 0 };
    expect(record(false)).toMatchObject([began, { kind: 4, ...place, size: 3 }]);
    expect(record(true)).toMatchObject([
      began,
      { kind: 4, ...place, size: 2, payload: Uint8Array.of(1, 2) },
      { kind: 4, ...place, size: 1, payload: Uint8Array.of(3) },
    ]);
  });
});
