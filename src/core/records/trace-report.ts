import type { TraceDirection, TraceNote } from './trace-event.js';

/** A spread of figures, of which there were `count`. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** One track of a trace, as far as its stream headers tell. */
export interface TraceTrack {
  /** `live/room1 cam` where a message named it, else null. */
  readonly name: string | null;
  readonly trackAlias: bigint | null;
  readonly direction: TraceDirection;
  readonly peer: string | null;
  readonly streams: number;
  readonly datagrams: number;
  readonly groups: number;
  readonly objects: number;
  readonly bytes: number;
  readonly firstUs: number;
  readonly lastUs: number;
  /** Microseconds between one object and the next; null with fewer than two. */
  readonly gapUs: Spread | null;
}

/** `moqt trace stats`. */
export interface TraceStats {
  readonly protocol: string;
  readonly perspective: string;
  readonly detail: string;
  /** Epoch ms. */
  readonly startTime: number;
  readonly endpoint: string | null;
  readonly durationUs: number;
  readonly events: number;
  /** By the name of their kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Control messages by name and direction, in the order in which they first came. */
  readonly messages: readonly { readonly name: string; readonly direction: TraceDirection; readonly count: number }[];
  /** Streams ended with another code than 0. */
  readonly streamsReset: number;
  readonly tracks: readonly TraceTrack[];
  readonly errors: readonly { readonly timeUs: number; readonly errorCode: bigint; readonly reason: string }[];
  /** Events that the writer left out. */
  readonly dropped: number;
  readonly notes: readonly TraceNote[];
}

/** `moqt trace diff`: what the second of two runs did otherwise. */
export interface TraceDiff {
  /** No message, object or order differs; timing alone is no difference. */
  readonly same: boolean;
  readonly messages: {
    readonly common: number;
    readonly onlyFirst: readonly string[];
    readonly onlySecond: readonly string[];
  };
  readonly tracks: readonly TrackDiff[];
  readonly notes: readonly TraceNote[];
}

export interface TrackDiff {
  readonly track: string;
  readonly direction: TraceDirection;
  readonly common: number;
  /** `group.object`, at most 20 of them; the counts are of all. */
  readonly onlyFirst: readonly string[];
  readonly onlyFirstCount: number;
  readonly onlySecond: readonly string[];
  readonly onlySecondCount: number;
  /** Common objects with another size or status. */
  readonly changed: number;
  /** Common objects that came in another order. */
  readonly reordered: number;
  /** How much later (or, negative, earlier) the second run's objects were than the first's, from the first common one on, µs. */
  readonly laterUs: Spread | null;
  readonly earliestUs: number;
}
