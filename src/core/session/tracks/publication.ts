import type { SendStream } from '../../transport/transport.js';
import { deferred } from '../../util/deferred.js';
import { linkSignals } from '../../util/linked-signal.js';
import { decodeDatagram, encodeDatagram } from '../../wire/datagram.js';
import { type FullTrackName, trackKey } from '../../wire/full-track-name.js';
import { compareLocations, type Location } from '../../wire/location.js';
import type { ControlMessage, RequestUpdate } from '../../wire/messages/control-message.js';
import type { Parameters, SubscriptionFilter } from '../../wire/messages/parameters.js';
import { EncodeError } from '../../wire/wire-error.js';
import { codeFor } from '../codes.js';
import { SubgroupWriter } from '../data/outgoing-subgroup.js';
import { streamUrgency } from '../data/priority.js';
import type { SessionObserver } from '../observer.js';
import { mergeParameters } from '../parameters.js';
import { cutReason } from '../reason.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from '../requests/exchange.js';
import { updateAnswer } from '../requests/update-answer.js';
import type { OutgoingDatagram, OutgoingSubgroup, OutgoingSubgroupHeader, Publication, Refusal } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { RequestCancelled, RequestRefused } from '../session-errors.js';
import { closedError } from './subscription.js';

type Cancelled = Awaited<Publication['cancelled']>;

export interface PublicationInit {
  readonly origin: 'subscribe' | 'publish';
  readonly track: FullTrackName;
  readonly trackAlias: bigint;
  readonly parameters: Parameters;
  readonly forward: boolean;
  /** What our SUBSCRIBE_OK or PUBLISH said was the largest object: where a joining fetch ends. */
  readonly largest: Location | undefined;
}

/** An established subscription in which we send. */
export class ActivePublication implements Publication, ExchangeHandler {
  readonly origin: 'subscribe' | 'publish';
  readonly requestId: bigint;
  readonly track: FullTrackName;
  readonly trackKey: string;
  readonly trackAlias: bigint;
  readonly cancelled: Promise<Cancelled>;
  onUpdate: Publication['onUpdate'];
  #parameters: Parameters;
  #forward: boolean;
  #joining: Location | undefined;
  #streamsOpened = 0;
  #state: 'open' | 'finishing' | 'over' = 'open';
  readonly #cancelled = deferred<Cancelled>();
  readonly #open = new Set<SubgroupWriter>();
  /** Ended by us with bytes still queued: a cancel resets them, too. */
  readonly #flushing = new Set<SubgroupWriter>();
  /** One for each stream that waits for credit: any number of them may. */
  readonly #opening = new Set<AbortController>();
  #allClosed = deferred();

  constructor(
    private readonly core: SessionCore,
    private readonly exchange: Exchange,
    init: PublicationInit,
    /** Called once, when the subscription is over. */
    private readonly onOver: (publication: ActivePublication) => void,
  ) {
    this.origin = init.origin;
    this.requestId = exchange.requestId;
    this.track = init.track;
    this.trackKey = trackKey(init.track);
    this.trackAlias = init.trackAlias;
    this.#parameters = init.parameters;
    this.#forward = init.forward;
    this.#joining = init.largest;
    this.cancelled = this.#cancelled.promise;
  }

  get parameters(): Parameters {
    return this.#parameters;
  }

  get forward(): boolean {
    return this.#forward;
  }

  get streamsOpened(): number {
    return this.#streamsOpened;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The Joining Location (draft-18 §5.1); undefined: no object was published when the subscription began. */
  get joiningLocation(): Location | undefined {
    return this.#joining;
  }

  async openSubgroup(
    header: OutgoingSubgroupHeader,
    options?: { readonly signal?: AbortSignal },
  ): Promise<OutgoingSubgroup> {
    this.#assertOpen();
    const own = new AbortController();
    const linked = options?.signal === undefined ? null : linkSignals(own.signal, options.signal);
    this.#opening.add(own);
    let stream: SendStream;
    try {
      stream = await this.core.transport.openUni({ signal: linked?.signal ?? own.signal });
    } finally {
      this.#opening.delete(own);
      linked?.dispose();
    }
    if (this.#state !== 'open') {
      this.#streamsOpened++;
      stream.reset(codeFor(this.core.profile, 'stream-reset', 'CANCELLED').code);
      throw closedError(this.core);
    }
    return this.#begin(stream, header);
  }

  tryOpenSubgroup(header: OutgoingSubgroupHeader): OutgoingSubgroup | null {
    this.#assertOpen();
    const stream = this.core.transport.tryOpenUni();
    return stream === null ? null : this.#begin(stream, header);
  }

  sendDatagram(object: OutgoingDatagram): 'queued' | 'full' | 'too-large' {
    this.#assertOpen();
    const bytes = encodeDatagram(this.core.profile, { ...object, trackAlias: this.trackAlias });
    const outcome = this.core.transport.sendDatagram(bytes);
    if (outcome === 'queued' && this.core.observer !== null) this.#observeDatagram(this.core.observer, bytes);
    return outcome;
  }

  #observeDatagram(observer: SessionObserver, bytes: Uint8Array): void {
    const decoded = decodeDatagram(this.core.profile, bytes);
    if (decoded.kind === 'object') observer.datagram('sent', this.trackAlias, decoded.object);
  }

  async done(status: string, reason: string): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'finishing';
    this.#abortOpening(new RequestCancelled('the publication is done'));
    if (this.#open.size > 0) await this.#allClosed.promise;
    // Cancelled while the streams were being ended.
    if (!this.exchange.isOpen) return;
    await this.#sendDone(status, reason);
  }

  onMessage(message: ControlMessage): void {
    if (message.type === 'REQUEST_UPDATE') this.#onUpdateMessage(message);
    else this.core.fail('PROTOCOL_VIOLATION', `${message.type} from the subscriber of an established subscription`);
  }

  /** A subscriber that has nothing more to ask may still listen. */
  onPeerFinished(): void {}

  onEnd(end: ExchangeEnd): void {
    this.#finish(end.kind);
  }

  #begin(stream: SendStream, header: OutgoingSubgroupHeader): SubgroupWriter {
    let writer: SubgroupWriter;
    try {
      writer = new SubgroupWriter(
        this.core.profile,
        stream,
        header,
        this.trackAlias,
        (closed) => this.#onClosed(closed),
        this.core.observer,
      );
    } catch (error) {
      // The stream exists already, so it counts.
      this.#streamsOpened++;
      stream.reset(codeFor(this.core.profile, 'stream-reset', 'INTERNAL_ERROR').code);
      throw error;
    }
    this.#streamsOpened++;
    stream.priority(streamUrgency(this.#parameters.subscriberPriority, header.priority ?? undefined));
    this.#open.add(writer);
    for (const flushing of this.#flushing) {
      if (flushing.queuedBytes > 0) break;
      this.#flushing.delete(flushing);
    }
    return writer;
  }

  #onClosed(writer: SubgroupWriter): void {
    this.#open.delete(writer);
    if (this.#state !== 'over' && writer.queuedBytes > 0) this.#flushing.add(writer);
    if (this.#open.size === 0) {
      this.#allClosed.resolve();
      this.#allClosed = deferred();
    }
  }

  /** Merged first, then judged by the application, then answered (draft-18 §10.9.1). */
  #onUpdateMessage(update: RequestUpdate): void {
    const { filter } = update.parameters;
    // Where updates are not answered they may only narrow what is sent (draft-14 §9.10).
    if (!this.core.profile.features.updateIsAnswered && filter && widens(this.#parameters.filter, filter)) {
      this.core.fail('PROTOCOL_VIOLATION', 'an update widens its subscription');
      return;
    }
    const previous = { parameters: this.#parameters, forward: this.#forward };
    this.#parameters = mergeParameters(this.#parameters, update.parameters);
    this.#forward = update.parameters.forward ?? this.#forward;
    let answer: Parameters = {};
    try {
      answer = this.onUpdate?.(update.parameters) ?? {};
    } catch (error) {
      this.#parameters = previous.parameters;
      this.#forward = previous.forward;
      this.#refuseUpdate(update, error instanceof RequestRefused ? error.refusal : null, error);
      return;
    }
    if (this.#forward && !previous.forward && answer.largestObject !== undefined) this.#joining = answer.largestObject;
    const message = updateAnswer(this.core, update, null, answer);
    if (message === null) return;
    try {
      this.exchange.send(message);
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      // What the application adds is extra: an answer there must be.
      this.core.notice(
        'update-answer-reduced',
        `the answer to an update was sent without parameters: ${error.message}`,
      );
      this.exchange.send({ ...message, parameters: {} } as ControlMessage);
    }
  }

  #refuseUpdate(update: RequestUpdate, refusal: Refusal | null, error: unknown): void {
    if (refusal === null) {
      this.core.count('handler-threw');
      this.core.notice('handler-threw', `onUpdate: ${error instanceof Error ? error.message : String(error)}`);
    }
    const message = updateAnswer(this.core, update, refusal ?? { name: 'INTERNAL_ERROR', reason: 'the update failed' });
    if (message !== null) this.exchange.send(message);
    this.#resetStreams('CANCELLED');
    this.#state = 'finishing';
    void this.#sendDone('UPDATE_FAILED', refusal?.reason ?? 'the update failed');
  }

  async #sendDone(status: string, reason: string): Promise<void> {
    this.exchange.finish({
      type: 'PUBLISH_DONE',
      statusCode: codeFor(this.core.profile, 'publish-done', status).code,
      streamCount: BigInt(this.#streamsOpened),
      reason: cutReason(reason),
    });
    this.#finish('done');
    await this.exchange.flushed();
  }

  #finish(kind: Cancelled['kind']): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    if (kind !== 'done') this.#resetStreams('CANCELLED');
    this.#abortOpening(closedError(this.core));
    this.#allClosed.resolve();
    this.#cancelled.resolve({ kind });
    this.onOver(this);
  }

  #abortOpening(reason: Error): void {
    for (const opening of this.#opening) opening.abort(reason);
  }

  #resetStreams(name: string): void {
    for (const writer of [...this.#open]) writer.reset(name);
    for (const writer of this.#flushing) if (writer.queuedBytes > 0) writer.reset(name);
    this.#flushing.clear();
  }

  #assertOpen(): void {
    if (this.#state !== 'open') throw closedError(this.core);
  }
}

/** True when `next` lets through what `before` kept out. Only filters that both name their start can be compared. */
function widens(before: SubscriptionFilter | undefined, next: SubscriptionFilter): boolean {
  if (before === undefined || !('start' in before) || !('start' in next)) return false;
  if (compareLocations(next.start, before.start) < 0) return true;
  if (before.type !== 'absolute-range') return false;
  return next.type !== 'absolute-range' || next.endGroup > before.endGroup;
}
