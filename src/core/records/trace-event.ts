/** Text keys make an object; a map with any other key is a Map. */
export interface TraceMap {
  readonly [key: string]: TraceValue;
}

/** What a trace carries in places that have no fixed form. Integers beyond 2^53 are bigints. */
export type TraceValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly TraceValue[]
  | TraceMap
  | ReadonlyMap<TraceValue, TraceValue>
  | Tagged;

/** A value that CBOR knows by a tag that has no meaning here. It is carried along as it was; the class tells it from a map. */
export class Tagged {
  constructor(
    readonly tag: bigint,
    readonly value: TraceValue,
  ) {}
}

/** What stands before the events of a trace, or of one segment of it. */
export interface TraceHeader {
  /** As written: `moq-transport-18` (or `draft-18`); see `traceDraft`. */
  readonly protocol: string;
  /** `client`, `server`, `observer`, or another word. */
  readonly perspective: string;
  /** How much it holds: `control`, `headers`, `headers+sizes`, `headers+data`, `full`, each with those before, or another word. */
  readonly detail: string;
  /** Epoch ms that the times of the events count from. */
  readonly startTime: number;
  readonly endTime?: number | undefined;
  /** `quic`, `webtransport`, … as written. */
  readonly transport?: string | undefined;
  /** The program that wrote it. */
  readonly source?: string | undefined;
  /** The peer's URL, redacted. */
  readonly endpoint?: string | undefined;
  readonly sessionId?: string | undefined;
  /** This header begins one segment of several. */
  readonly segment?: TraceMap | undefined;
  /** Events were left out at the source, by this rule. */
  readonly sampling?: TraceMap | undefined;
  readonly custom?: TraceMap | undefined;
  /** Keys that are not known here, and known ones whose value has another type. */
  readonly extra?: TraceMap | undefined;
}

/** What every event has. */
interface EventBase {
  /** Position in its segment, from 0. */
  readonly sequence: number;
  /** Microseconds since the header's `startTime`. */
  readonly timeUs: number;
  /** The session it belongs to, where a trace holds several. */
  readonly peer?: string | undefined;
  /** Keys that are not known here, and known ones whose value has another type. */
  readonly extra?: TraceMap | undefined;
}

export type TraceDirection = 'sent' | 'received';
export type TraceStreamType = 'subgroup' | 'datagram' | 'fetch';

/** Kind 0. */
export interface ControlMessageEvent extends EventBase {
  readonly kind: 0;
  readonly direction: TraceDirection;
  /** Type number on the wire. */
  readonly messageType: bigint;
  /** The fields, by their names in the draft; null when the writer did not decode them. Most often a TraceMap. */
  readonly message: TraceValue;
  readonly streamId?: bigint | undefined;
  /** The bytes with type and length, secrets masked. */
  readonly raw?: Uint8Array | undefined;
}

/** Kind 1: a data stream began, or a datagram came; a stream of type `datagram` stands for one datagram. */
export interface StreamOpenedEvent extends EventBase {
  readonly kind: 1;
  readonly streamId: bigint;
  readonly direction: TraceDirection;
  readonly streamType: TraceStreamType;
  readonly trackAlias?: bigint | undefined;
  readonly group?: bigint | undefined;
  readonly subgroup?: bigint | undefined;
  /** Request ID of the FETCH that a fetch stream answers. */
  readonly fetchRequestId?: bigint | undefined;
  /** The bytes of the stream's header. */
  readonly header?: Uint8Array | undefined;
}

/** Kind 2. */
export interface StreamClosedEvent extends EventBase {
  readonly kind: 2;
  readonly streamId: bigint;
  /** 0: an orderly end. */
  readonly errorCode: bigint;
}

/** Kind 3. */
export interface ObjectHeaderEvent extends EventBase {
  readonly kind: 3;
  readonly streamId: bigint;
  readonly group: bigint;
  readonly object: bigint;
  /** 0 … 255. */
  readonly priority: number;
  /** 0 normal, 1 end of group, 2 end of track, 3 does not exist. */
  readonly status: number;
}

/** Kind 4: the payload of an object, or a piece of it; the sizes of all pieces of an object add up. */
export interface ObjectPayloadEvent extends EventBase {
  readonly kind: 4;
  readonly streamId: bigint;
  readonly group: bigint;
  readonly object: bigint;
  /** Bytes. */
  readonly size: number;
  readonly payload?: Uint8Array | undefined;
}

/** Kind 5. */
export interface StateChangeEvent extends EventBase {
  readonly kind: 5;
  readonly from: string;
  readonly to: string;
}

/** Kind 6. */
export interface ErrorEvent extends EventBase {
  readonly kind: 6;
  readonly errorCode: bigint;
  readonly reason: string;
  readonly streamId?: bigint | undefined;
  /** `protocol`, `transport`, `decode`, or another word. */
  readonly errorKind?: string | undefined;
  /** How many bytes there were; `raw` may hold fewer. */
  readonly rawLength?: number | undefined;
  readonly raw?: Uint8Array | undefined;
}

/** Kind 7: anything else worth recording. See TRACE_LABELS for those that our own traces hold. */
export interface AnnotationEvent extends EventBase {
  readonly kind: 7;
  readonly label: string;
  readonly data: TraceValue;
}

/** Kind 8: a session began, in a trace that holds several. */
export interface PeerConnectedEvent extends EventBase {
  readonly kind: 8;
  readonly endpoint?: string | undefined;
  readonly transport?: string | undefined;
  readonly role?: string | undefined;
  readonly side?: string | undefined;
}

/** Kind 9. */
export interface PeerDisconnectedEvent extends EventBase {
  readonly kind: 9;
  readonly errorCode: bigint;
  readonly reason?: string | undefined;
}

/** A kind that is not known here, or a known one that lacks what it must have. */
export interface UnknownEvent extends EventBase {
  readonly kind: 'unknown';
  /** The number in the file. */
  readonly eventType: number;
  /** All its keys but those of every event. */
  readonly fields: TraceMap;
}

export type TraceEvent =
  | ControlMessageEvent
  | StreamOpenedEvent
  | StreamClosedEvent
  | ObjectHeaderEvent
  | ObjectPayloadEvent
  | StateChangeEvent
  | ErrorEvent
  | AnnotationEvent
  | PeerConnectedEvent
  | PeerDisconnectedEvent
  | UnknownEvent;

/** Omits from each member of a union by itself, so that `kind` still tells them apart. */
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** An event before the writer has numbered and timed it. */
export type NewTraceEvent = DistributiveOmit<TraceEvent, 'sequence' | 'timeUs'>;

/** What the kinds are called where a person reads them. */
export const TRACE_KINDS: readonly string[] = [
  'control-message',
  'stream-opened',
  'stream-closed',
  'object-header',
  'object-payload',
  'state-change',
  'error',
  'annotation',
  'peer-connected',
  'peer-disconnected',
];

/** The labels of the annotations that our own traces hold; `data` is a TraceMap with these keys. */
export const TRACE_LABELS = {
  /** A stage of connecting ended: `stage`, `startMs`, `endMs`, `detail`? (ms since the start of connecting). */
  stage: 'stage',
  /** Figures of the transport, every second and at the end: those of SessionStats. */
  metrics: 'metrics',
  /** `kind`, `message`: what the session counts and tells. */
  notice: 'notice',
  /** Events that were left out because the disk did not keep up: `events`, `bytes`. */
  dropped: 'dropped',
} as const;

/** A trace in memory: what the page and the comparison of two runs work on. */
export interface Trace {
  /** Of the first segment. */
  readonly header: TraceHeader;
  /** In the order of the file, of all segments; times count from the first header's `startTime`. */
  readonly events: readonly TraceEvent[];
  /** What was wrong with the file: a cut, damage, records that were skipped. Empty for a whole one. */
  readonly notes: readonly TraceNote[];
}

/** Something about the file that a person must be told. */
export interface TraceNote {
  /** `truncated`: it ends within a record. `corrupt`: what follows cannot be read. `skipped`: records that are no events. */
  readonly kind: 'truncated' | 'corrupt' | 'skipped' | 'segment';
  readonly message: string;
  /** Offset in the file, bytes. */
  readonly atByte?: number | undefined;
}

/** The draft's number in a header's `protocol`, or null. */
export function traceDraft(protocol: string): string | null {
  return /^(?:moq-transport-|moqt-|draft-(?:ietf-moq-transport-)?)(\d+)$/.exec(protocol)?.[1] ?? null;
}

/** The kind's name; `kind-99` for one that is not known. */
export function traceKindName(event: TraceEvent): string {
  const number = event.kind === 'unknown' ? event.eventType : event.kind;
  return TRACE_KINDS[number] ?? `kind-${number}`;
}
