import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NewTraceEvent } from '../../../../src/core/records/trace-event.js';
import { MoqtraceReader } from '../../../../src/core/trace/moqtrace/reader.js';
import { MoqtraceWriter } from '../../../../src/core/trace/moqtrace/writer.js';
import { type EventSink, objectHeaderEvent, objectSizeEvent } from '../../../../src/core/trace/object-sink.js';
import { SessionRecorder } from '../../../../src/core/trace/session-recorder.js';
import { TraceClock } from '../../../../src/core/trace/trace-clock.js';
import { TraceLog } from '../../../../src/core/trace/trace-log.js';
import { openTraceOutput, type TraceOutput } from '../../../../src/core/trace/trace-output.js';
import { concatBytes } from '../../../../src/core/util/bytes.js';

/** A disk that takes nothing until it is told to. */
class StuckOutput implements TraceOutput {
  readonly failure = null;
  written: Uint8Array[] = [];
  queuedBytes = 0;
  readonly filled = 0;
  readonly #buffer = new Uint8Array(4096);
  reserve(): Uint8Array {
    return this.#buffer;
  }
  advance(to: number): void {
    this.write(this.#buffer.subarray(0, to));
  }
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
    const log = new TraceLog(new MoqtraceWriter(), output, new TraceClock());
    log.add(CLOSED);
    expect(output.written).toEqual([]);
    log.begin(HEADER);
    log.add(CLOSED);
    expect(output.events().map(({ sequence }) => sequence)).toEqual([0, 1]);
  });

  it('drops events when the disk does not keep up, and says how many as soon as it does', async () => {
    const output = new StuckOutput();
    const log = new TraceLog(new MoqtraceWriter(), output, new TraceClock(), 1000);
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

const PLACE = { peer: undefined, streamId: 6n, group: 1n };

describe('the objects of a trace log', () => {
  it('are numbered and written in their order among the other events', () => {
    const output = new StuckOutput();
    const log = new TraceLog(new MoqtraceWriter(), output, new TraceClock());
    log.object(1, PLACE, 0n, 128, 0, 10);
    log.begin(HEADER);
    log.object(2, PLACE, 1n, 128, 0, 0);
    log.add(CLOSED, 3);
    log.size(4, PLACE, 1n, 20);
    log.object(5, { ...PLACE, group: 2n }, 0n, 128, 3, 0);
    const of = { streamId: 6n, group: 1n };
    expect(output.events()).toEqual([
      { kind: 3, sequence: 0, timeUs: 1, ...of, object: 0n, priority: 128, status: 0 },
      { kind: 4, sequence: 1, timeUs: 1, ...of, object: 0n, size: 10 },
      { kind: 3, sequence: 2, timeUs: 2, ...of, object: 1n, priority: 128, status: 0 },
      { ...CLOSED, sequence: 3, timeUs: 3 },
      { kind: 4, sequence: 4, timeUs: 4, ...of, object: 1n, size: 20 },
      { kind: 3, sequence: 5, timeUs: 5, ...of, group: 2n, object: 0n, priority: 128, status: 3 },
    ]);
  });

  it('are counted as well when they are dropped', () => {
    const output = new StuckOutput();
    const log = new TraceLog(new MoqtraceWriter(), output, new TraceClock(), 0);
    log.begin(HEADER);
    log.object(1, PLACE, 0n, 128, 0, 10);
    log.size(2, PLACE, 0n, 10);
    expect(output.events()).toEqual([]);
    expect(log.dropped).toBe(3);
  });

  it('come out of a file whole, over many of the buffers that they are written into', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'moqt-trace-log-'));
    try {
      const path = join(folder, 't.moqtrace');
      const log = new TraceLog(new MoqtraceWriter(), await openTraceOutput(path), new TraceClock());
      log.begin(HEADER);
      const objects = 20_000;
      for (let i = 0; i < objects; i++) {
        log.object(i, PLACE, BigInt(i), 128, 0, 1200);
        // As a session would: what was queued is written meanwhile.
        if (i % 5000 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await log.close();
      const reader = new MoqtraceReader();
      const items = [...reader.push(readFileSync(path)), ...reader.end()].slice(1);
      expect(items).toHaveLength(2 * objects);
      const wrong = items.filter((item, i) => item.type !== 'event' || item.event.sequence !== i);
      expect([wrong, log.failure]).toEqual([[], null]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Makes events of everything. */
function collector(added: NewTraceEvent[]): EventSink {
  return {
    now: () => 0,
    add: (event) => void added.push(event),
    object(_, place, object, priority, status, size) {
      added.push(objectHeaderEvent(place, object, priority, status));
      if (size > 0) added.push(objectSizeEvent(place, object, size));
    },
    size: (_, place, object, size) => void added.push(objectSizeEvent(place, object, size)),
  };
}

describe('a recorder', () => {
  it('falls silent at its first defect instead of disturbing the session', () => {
    const added: NewTraceEvent[] = [];
    const recorder = new SessionRecorder(collector(added), { payload: false, onDraft: () => {} });
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
    const record = (payload: boolean, give: (recorder: SessionRecorder) => void) => {
      const added: NewTraceEvent[] = [];
      const recorder = new SessionRecorder(collector(added), { payload, onDraft: () => {} });
      give(recorder);
      return added;
    };
    const place = { streamId: 5n, group: 1n, object: 2n };
    const began = { kind: 3, ...place, priority: 3, status: 0 };
    const sent = { ...place, priority: 3, status: 'normal' } as const;
    const ways: readonly ((recorder: SessionRecorder) => void)[] = [
      (recorder) => recorder.fragments(5n, pieces),
      (recorder) => {
        recorder.objectSent(sent, 3, null);
        recorder.payloadSent(sent, Uint8Array.of(1, 2), false, 3);
        recorder.payloadSent(sent, Uint8Array.of(3), true, 3);
      },
    ];
    const whole: readonly ((recorder: SessionRecorder) => void)[] = [
      (recorder) => recorder.fragments(5n, [{ header, offset: 0, bytes: Uint8Array.of(1, 2, 3), complete: true }]),
      (recorder) => recorder.objectSent(sent, 3, Uint8Array.of(1, 2, 3)),
    ];
    for (const give of [...ways, ...whole]) {
      expect(record(false, give)).toEqual([began, { kind: 4, ...place, size: 3 }]);
    }
    for (const give of whole) {
      expect(record(true, give)).toEqual([began, { kind: 4, ...place, size: 3, payload: Uint8Array.of(1, 2, 3) }]);
    }
    for (const give of ways) {
      expect(record(true, give)).toEqual([
        began,
        { kind: 4, ...place, size: 2, payload: Uint8Array.of(1, 2) },
        { kind: 4, ...place, size: 1, payload: Uint8Array.of(3) },
      ]);
    }
  });
});
