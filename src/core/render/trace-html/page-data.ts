/*
 * The document that is embedded in the page: plain JSON, written by `preparePage` and read by the page's script. Times are
 * microseconds since the trace's start; integers that may not fit a double are strings; text of a peer has been escaped and
 * bounded. Indexes refer to the arrays of the same document; -1 is none.
 */

/** A decoded field: a value, or the fields below it. */
export type PageField = readonly [name: string, value: string | readonly PageField[]];

/** What a message is about; the page has a colour for each. */
export type PageFamily = 'setup' | 'subscribe' | 'publish' | 'fetch' | 'namespace' | 'session' | 'error';

export interface PageMessage {
  readonly t: number;
  /** Position in the file. */
  readonly seq: number;
  readonly peer: number;
  readonly sent: boolean;
  readonly name: string;
  /** Number on the wire, as hex. */
  readonly type: string;
  readonly family: PageFamily;
  readonly stream: string | null;
  /** Of `exchanges`. */
  readonly exchange: number;
  /** The track, namespace or code it is about, in one line; may be empty. */
  readonly summary: string;
  readonly fields: readonly PageField[];
  /** Hex; null when the trace has none. */
  readonly raw: string | null;
  /** Bytes that are not in `raw`. */
  readonly rawLeftOut: number;
}

/** A request with what came of it; indexes of `messages`. */
export interface PageExchange {
  readonly request: number;
  readonly answer: number;
  /** In order of time: updates, ends, cancellations. */
  readonly more: readonly number[];
}

export type PageMarkKind = 'state' | 'error' | 'note' | 'stage';

/** Something at a point in time that is no message: a change of state, an error, an annotation. */
export interface PageMark {
  readonly t: number;
  /** When it began, for a stage; otherwise `t`. */
  readonly from: number;
  readonly seq: number;
  readonly peer: number;
  readonly kind: PageMarkKind;
  readonly title: string;
  readonly fields: readonly PageField[];
  readonly raw: string | null;
  readonly rawLeftOut: number;
}

export interface PageTrack {
  readonly peer: number;
  readonly sent: boolean;
  /** Full track name, or what is known instead of it. */
  readonly name: string;
}

export interface PageStream {
  readonly t: number;
  /** When it ended; null: it was open at the end of the trace. */
  readonly end: number | null;
  readonly seq: number;
  /** Of `tracks`. */
  readonly track: number;
  readonly type: 'subgroup' | 'datagram' | 'fetch' | 'unknown';
  readonly id: string;
  readonly group: string | null;
  readonly subgroup: string | null;
  /** Code and name of a reset; null for an orderly end, and while it is open. */
  readonly reset: string | null;
  readonly header: string | null;
  readonly headerLeftOut: number;
}

/** Objects as columns of equal length, in order of time. */
export interface PageObjects {
  readonly t: readonly number[];
  /** Of `streams`. */
  readonly stream: readonly number[];
  readonly group: readonly string[];
  readonly object: readonly string[];
  /** Bytes of payload; -1 where the trace does not say. */
  readonly size: readonly number[];
  /** 0 normal, 1 end of group, 2 end of track, 3 does not exist. */
  readonly status: readonly number[];
  readonly priority: readonly number[];
}

/** A series of the chart of times. */
export interface PageSeries {
  readonly name: string;
  readonly what: string;
  readonly line: boolean;
  readonly t: readonly number[];
  /** Microseconds. */
  readonly value: readonly number[];
}

/** How something ended: what a person looks for first. */
export interface PageEnding {
  readonly text: string;
  readonly meaning: string;
  readonly good: boolean;
  readonly count: number;
}

/** Something that there was more of than the page holds. */
export interface PageCut {
  readonly what: string;
  readonly shown: number;
  readonly total: number;
}

export interface PageData {
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly counts: readonly (readonly [label: string, value: string])[];
  readonly endings: readonly PageEnding[];
  readonly notes: readonly string[];
  readonly cuts: readonly PageCut[];
  readonly title: string;
  /** Epoch ms. */
  readonly startTime: number;
  readonly begin: number;
  readonly end: number;
  /** Names of the two sides. */
  readonly here: string;
  readonly there: string;
  readonly peers: readonly string[];
  readonly messages: readonly PageMessage[];
  readonly exchanges: readonly PageExchange[];
  readonly marks: readonly PageMark[];
  readonly tracks: readonly PageTrack[];
  readonly streams: readonly PageStream[];
  readonly objects: PageObjects;
  readonly series: readonly PageSeries[];
}
