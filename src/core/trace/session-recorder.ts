import type { NewTraceEvent, TraceMap } from '../records/trace-event.js';
import { TRACE_LABELS } from '../records/trace-event.js';
import type { ObservedObject, ObservedStream, SessionObserver } from '../session/observer.js';
import type { SessionCloseInfo } from '../session/session.js';
import type { TransportSession } from '../transport/transport.js';
import type { ControlMessage } from '../wire/messages/control-message.js';
import type { DatagramObject, ObjectFragment, ObjectStatus } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import { decodeView } from '../wire/view/index.js';
import { maskMessage } from './mask.js';
import type { EventSink, ObjectPlace } from './object-sink.js';

const METRICS_MS = 1000;
/** Datagrams have no stream: each gets an ID that no QUIC stream has. */
const FIRST_DATAGRAM_ID = 2n ** 62n;

const STATUS: Readonly<Record<ObjectStatus, number>> = {
  normal: 0,
  'end-of-group': 1,
  'end-of-track': 2,
  'does-not-exist': 3,
};

export interface RecorderOptions {
  /** Payloads as well, not only their sizes. */
  readonly payload: boolean;
  /** The session's name in a trace of several. */
  readonly peer?: string | undefined;
  /** Takes out of texts what must not be shown. */
  readonly redact?: (text: string) => string;
  /** Called when the draft is known, and with null when the session is over. */
  readonly onDraft: (profile: DraftProfile | null, transport: TransportSession | null) => void;
}

/** Writes what one session says and hears to a trace. */
export class SessionRecorder implements SessionObserver {
  readonly #payload: boolean;
  readonly #peer: { readonly peer?: string };
  /** Of the object that came last: mostly that of the next one. */
  #place: ObjectPlace;
  readonly #redact: (text: string) => string;
  #state = 'connecting';
  #transport: TransportSession | null = null;
  #timer: NodeJS.Timeout | null = null;
  #datagrams = FIRST_DATAGRAM_ID;
  #isOver = false;
  /** Set by the first defect of ours: a trace must never disturb what it records. */
  #isBroken = false;

  constructor(
    private readonly sink: EventSink,
    private readonly options: RecorderOptions,
  ) {
    this.#payload = options.payload;
    this.#peer = options.peer === undefined ? {} : { peer: options.peer };
    this.#place = { peer: options.peer, streamId: -1n, group: 0n };
    this.#redact = options.redact ?? ((text) => text);
  }

  stage(stage: {
    readonly stage: string;
    readonly startMs: number;
    readonly endMs: number;
    readonly detail?: string;
  }): void {
    const { stage: name, startMs, endMs, detail } = stage;
    const times = { stage: name, startMs: toMicroseconds(startMs), endMs: toMicroseconds(endMs) };
    this.#annotate(TRACE_LABELS.stage, detail === undefined ? times : { ...times, detail: this.#redact(detail) });
  }

  opened(role: 'client' | 'server', transport: TransportSession): void {
    this.#transport = transport;
    if (this.options.peer !== undefined) this.#connected(role, transport);
    this.#enter('setup');
    this.#timer = setInterval(() => this.#metrics(), METRICS_MS).unref();
  }

  established(profile: DraftProfile): void {
    this.options.onDraft(profile, this.#transport);
    this.#enter('established', { protocol: `moq-transport-${profile.draft}` });
  }

  controlMessage(
    direction: 'sent' | 'received',
    message: ControlMessage,
    raw: Uint8Array,
    streamId: bigint,
    profile: DraftProfile,
  ): void {
    this.#guarded(() => {
      const masked = maskMessage(profile, message, raw);
      const view = masked.shown === null ? null : decodeView(profile, 'control', masked.shown).decoded;
      const request = 'request' in message ? message.request : undefined;
      this.#add({
        kind: 0,
        direction,
        messageType: profile.messageType(message.type, request) ?? 0n,
        message: view as TraceMap | null,
        streamId,
        ...(masked.raw === null ? { extra: { masked: true } } : { raw: masked.raw }),
      });
    });
  }

  streamOpened(stream: ObservedStream): void {
    this.#guarded(() => {
      const { streamId, direction, type, trackAlias, group, subgroup, requestId, header } = stream;
      this.#add({
        kind: 1,
        streamId,
        direction,
        streamType: type,
        ...(trackAlias === undefined ? {} : { trackAlias }),
        ...(group === undefined ? {} : { group }),
        ...(subgroup === undefined || subgroup === null ? {} : { subgroup }),
        ...(requestId === undefined ? {} : { fetchRequestId: requestId }),
        ...(header === undefined ? {} : { header: header.slice() }),
      });
    });
  }

  streamClosed(streamId: bigint, code: bigint): void {
    this.#guarded(() => this.#add({ kind: 2, streamId, errorCode: code }));
  }

  objectSent(
    { streamId, group, object, priority, status }: ObservedObject,
    payloadLength: number,
    payload: Uint8Array | null,
  ): void {
    if (this.#isBroken) return;
    try {
      const { sink } = this;
      const now = sink.now();
      const place = this.#placeOf(streamId, group);
      const size = payload === null || this.#payload ? 0 : payloadLength;
      sink.object(now, place, object, priority, STATUS[status], size);
      if (this.#payload && payload !== null) this.#piece(now, place, object, payload);
    } catch (error) {
      this.#broken(error);
    }
  }

  payloadSent({ streamId, group, object }: ObservedObject, bytes: Uint8Array, complete: boolean, length: number): void {
    if (this.#isBroken) return;
    try {
      const place = this.#placeOf(streamId, group);
      if (this.#payload) this.#piece(this.sink.now(), place, object, bytes);
      else if (complete) this.sink.size(this.sink.now(), place, object, length);
    } catch (error) {
      this.#broken(error);
    }
  }

  /** What came together has one time. */
  fragments(streamId: bigint, pieces: readonly ObjectFragment[], priority = -1): void {
    if (this.#isBroken) return;
    try {
      const { sink } = this;
      const now = sink.now();
      for (const { header, offset, bytes, complete } of pieces) {
        const { object, payloadLength } = header;
        const place = this.#placeOf(streamId, header.group);
        const size = complete && !this.#payload ? payloadLength : 0;
        const said = priority < 0 ? header.priority : priority;
        if (offset === 0) sink.object(now, place, object, said, STATUS[header.status], size);
        else if (size > 0) sink.size(now, place, object, size);
        if (this.#payload) this.#piece(now, place, object, bytes);
      }
    } catch (error) {
      this.#broken(error);
    }
  }

  datagram(direction: 'sent' | 'received', trackAlias: bigint, { header, payload }: DatagramObject): void {
    this.#guarded(() => {
      const streamId = this.#datagrams++;
      const { group, object, priority, status } = header;
      const now = this.sink.now();
      this.#add({ kind: 1, streamId, direction, streamType: 'datagram', trackAlias, group }, now);
      const place = this.#placeOf(streamId, group);
      this.sink.object(now, place, object, priority, STATUS[status], this.#payload ? 0 : payload.length);
      if (this.#payload) this.#piece(now, place, object, payload);
    });
  }

  notice(kind: string, message: string): void {
    this.#annotate(TRACE_LABELS.notice, { kind, message: this.#redact(message) });
  }

  closed(close: SessionCloseInfo): void {
    this.#guarded(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      if (this.#timer !== null) clearInterval(this.#timer);
      this.#metrics();
      const isOrderly = close.isApplication && close.code === 0n;
      const reason = this.#redact(close.reason === '' ? close.name : `${close.name}: ${close.reason}`);
      if (!isOrderly) {
        const errorKind = close.isApplication ? 'protocol' : 'transport';
        this.#add({ kind: 6, errorCode: close.code, reason, errorKind, extra: { by: close.by } });
      }
      this.#enter('closed');
      if (this.options.peer !== undefined) this.#add({ kind: 9, errorCode: close.code, reason });
    });
    this.options.onDraft(null, this.#transport);
  }

  /** The session never came about. */
  failed(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#add({ kind: 6, errorCode: 0n, reason: this.#redact(reason), errorKind: 'transport' });
    this.#enter('failed');
    this.options.onDraft(null, this.#transport);
  }

  #placeOf(streamId: bigint, group: bigint): ObjectPlace {
    const place = this.#place;
    if (place.streamId === streamId && place.group === group) return place;
    this.#place = { peer: this.options.peer, streamId, group };
    return this.#place;
  }

  /** Payload as it comes. */
  #piece(timeUs: number, { streamId, group }: ObjectPlace, object: bigint, payload: Uint8Array): void {
    const size = payload.length;
    if (size > 0) this.#add({ kind: 4, streamId, group, object, size, payload }, timeUs);
  }

  #metrics(): void {
    if (this.#transport === null) return;
    const known = Object.entries(this.#transport.stats()).filter(([, value]) => value !== undefined);
    this.#annotate(TRACE_LABELS.metrics, Object.fromEntries(known));
  }

  #enter(state: string, extra?: TraceMap): void {
    const from = this.#state;
    if (from === state) return;
    this.#state = state;
    const more = extra === undefined ? {} : { extra };
    this.#guarded(() => this.#add({ kind: 5, from, to: state, ...more }));
  }

  #connected(role: 'client' | 'server', { kind, protocol, remote }: TransportSession): void {
    const endpoint = `${remote.family === 6 ? `[${remote.host}]` : remote.host}:${remote.port}`;
    const side = role === 'server' ? 'downstream' : 'upstream';
    const more = protocol === '' ? {} : { extra: { protocol } };
    this.#guarded(() => this.#add({ kind: 8, endpoint, transport: kind, side, ...more }));
  }

  #annotate(label: string, data: TraceMap): void {
    this.#guarded(() => this.#add({ kind: 7, label, data }));
  }

  #add(event: NewTraceEvent, timeUs?: number): void {
    this.sink.add(this.options.peer === undefined ? event : { ...event, ...this.#peer }, timeUs);
  }

  #guarded(record: () => void): void {
    if (this.#isBroken) return;
    try {
      record();
    } catch (error) {
      this.#broken(error);
    }
  }

  #broken(error: unknown): void {
    this.#isBroken = true;
    const message = error instanceof Error ? error.message : String(error);
    this.sink.add({ kind: 7, label: 'recorder-failed', data: { message }, ...this.#peer });
  }
}

/** Ms with no more digits than are true. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
