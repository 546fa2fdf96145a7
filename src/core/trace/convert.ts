import type { TraceHeader, TraceNote } from '../records/trace-event.js';
import { traceFileError } from './trace-error.js';
import { type TraceFormat, traceEncoder } from './trace-format.js';
import type { TraceItem } from './trace-item.js';

/** What was written, and what was wrong with what was read. */
export interface ConvertReport {
  readonly events: number;
  readonly notes: readonly TraceNote[];
}

/**
 * Writes a trace in a format; nothing is lost on the way. Of a trace in several segments one is made: sequence numbers go on, times
 * count from the first. `write` must copy what it is given before it returns,
 * and may return a promise to be waited for.
 */
export async function convertTrace(
  items: AsyncIterable<TraceItem>,
  format: TraceFormat,
  write: (bytes: Uint8Array) => Promise<void> | undefined,
): Promise<ConvertReport> {
  const encoder = traceEncoder(format);
  const notes: TraceNote[] = [];
  let header: TraceHeader | null = null;
  let segments = 0;
  let offsetUs = 0;
  let events = 0;
  for await (const item of items) {
    if (item.type === 'note') notes.push(item.note);
    else if (item.type === 'header') {
      segments++;
      offsetUs = Math.round((item.header.startTime - (header ?? item.header).startTime) * 1000);
      if (header === null) {
        header = item.header;
        await write(encoder.header(header));
      }
    } else {
      const { event } = item;
      const moved = segments > 1 ? { ...event, sequence: events, timeUs: Math.max(0, event.timeUs + offsetUs) } : event;
      events++;
      const wait = write(encoder.event(moved));
      if (wait !== undefined) await wait;
    }
  }
  if (header === null) throw traceFileError('the trace has no header');
  await write(encoder.end());
  return { events, notes };
}
