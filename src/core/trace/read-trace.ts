import { createReadStream } from 'node:fs';
import { MoqtError } from '../errors/moqt-error.js';
import type { Trace, TraceEvent, TraceHeader, TraceNote } from '../records/trace-event.js';
import { traceFileError } from './trace-error.js';
import { traceDecoder } from './trace-format.js';
import type { TraceDecoder, TraceItem } from './trace-item.js';

const CHUNK_BYTES = 256 * 1024;
/** Events that a trace in memory may have: a gigabyte or so. */
const MAX_EVENTS = 5_000_000;

/**
 * What a trace holds, in its order and in constant memory. Throws MOQT_E_INCOMPLETE when the bytes are no trace; damage further
 * on is a note.
 */
export async function* readTrace(source: AsyncIterable<Uint8Array>): AsyncGenerator<TraceItem, void, void> {
  let decoder: TraceDecoder | null = null;
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    decoder ??= traceDecoder(chunk[0] as number);
    yield* decoder.push(chunk);
  }
  if (decoder === null) throw traceFileError('the file is empty');
  yield* decoder.end();
}

/** The same for a file; rejects with MOQT_E_LOCAL_IO when it cannot be read. `-` is stdin. */
export async function* readTraceFile(path: string): AsyncGenerator<TraceItem, void, void> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    yield* readTrace(stream as AsyncIterable<Uint8Array>);
  } catch (error) {
    if (error instanceof MoqtError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new MoqtError('MOQT_E_LOCAL_IO', `cannot read the trace ${path}: ${code}`, {
      stage: 'config',
      cause: 'io.trace',
      hint: 'check the name of the file and its permissions',
      origin: error,
    });
  }
}

/** A whole trace in memory. The events of further segments are moved onto the clock of the first. */
export async function loadTrace(items: AsyncIterable<TraceItem>): Promise<Trace> {
  let header: TraceHeader | null = null;
  let offsetUs = 0;
  const events: TraceEvent[] = [];
  const notes: TraceNote[] = [];
  for await (const item of items) {
    if (item.type === 'note') notes.push(item.note);
    else if (item.type === 'header') {
      header ??= item.header;
      offsetUs = Math.round((item.header.startTime - header.startTime) * 1000);
    } else if (events.length < MAX_EVENTS) {
      events.push(offsetUs === 0 ? item.event : { ...item.event, timeUs: Math.max(0, item.event.timeUs + offsetUs) });
    } else {
      notes.push({ kind: 'truncated', message: `only the first ${MAX_EVENTS} events are looked at` });
      break;
    }
  }
  if (header === null) throw traceFileError('the trace has no header');
  return { header, events, notes };
}
