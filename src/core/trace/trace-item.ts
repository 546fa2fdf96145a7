import type { TraceEvent, TraceHeader, TraceNote } from '../records/trace-event.js';
import type { ObjectEncoder } from './object-sink.js';

/** What a reader finds in a file, in its order. A file of several segments has several headers. */
export type TraceItem =
  | { readonly type: 'header'; readonly header: TraceHeader }
  | { readonly type: 'event'; readonly event: TraceEvent }
  | { readonly type: 'note'; readonly note: TraceNote };

/** Reads a trace however its bytes are cut. */
export interface TraceDecoder {
  /** What the bytes complete. Throws MOQT_E_INCOMPLETE when the beginning is that of no trace. */
  push(chunk: Uint8Array): TraceItem[];
  /** The file has ended. Throws as push does when there was no whole header. */
  end(): TraceItem[];
}

/** Writes a trace: the header once, then its events. What it returns holds until the next call. */
export interface TraceEncoder {
  header(header: TraceHeader): Uint8Array;
  /** May hold an event back until the next one, or `end`. */
  event(event: TraceEvent): Uint8Array;
  end(): Uint8Array;
  /** Writes objects as `event` would, without an event; null where that is no faster. */
  readonly objects: ObjectEncoder | null;
}
