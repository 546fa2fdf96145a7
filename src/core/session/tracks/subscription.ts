import { SessionClosed } from '../../transport/transport-errors.js';
import { deferred } from '../../util/deferred.js';
import { type FullTrackName, trackKey } from '../../wire/full-track-name.js';
import type { Location } from '../../wire/location.js';
import type { ControlMessage, PublishDone } from '../../wire/messages/control-message.js';
import type { DatagramObject } from '../../wire/messages/object.js';
import type { KeyValuePair, Parameters } from '../../wire/messages/parameters.js';
import { DEFAULT_PRIORITY } from '../../wire/subgroup.js';
import { nameCode } from '../codes.js';
import type { DataPlane, ObjectReceiver, OwnedSubgroup } from '../data/data-streams.js';
import { absoluteFilter, defaultPriority, mergeParameters } from '../parameters.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from '../requests/exchange.js';
import { RequestDeadline } from '../requests/request-deadline.js';
import { updateAnswer } from '../requests/update-answer.js';
import type { IncomingSubgroup, RequestOptions, Subscription, SubscriptionEnd, SubscriptionSink } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { encodable, RequestCancelled } from '../session-errors.js';

/** Stream Count when the publisher does not know it (draft-18 §10.11). */
const UNKNOWN_STREAM_COUNT = 2n ** 62n - 1n;

export interface SubscriptionInit {
  readonly origin: 'subscribe' | 'publish';
  readonly track: FullTrackName;
  readonly trackAlias: bigint;
  readonly parameters: Parameters;
  readonly trackProperties: readonly KeyValuePair[];
  /** What we asked for. */
  readonly requested: Parameters;
}

/** An established subscription in which we receive. */
export class ActiveSubscription implements Subscription, ExchangeHandler, ObjectReceiver {
  readonly origin: 'subscribe' | 'publish';
  readonly requestId: bigint;
  readonly track: FullTrackName;
  readonly trackKey: string;
  readonly trackAlias: bigint;
  readonly trackProperties: readonly KeyValuePair[];
  readonly ended: Promise<SubscriptionEnd>;
  readonly defaultPriority: number;
  #parameters: Parameters;
  /** All that we have asked for so far: what an update that must restate everything begins with. */
  #requested: Parameters;
  #streamsReceived = 0;
  #announcedStreams: bigint | null = null;
  #datagramsReceived = false;
  #mixReported = false;
  #isOver = false;
  readonly #ended = deferred<SubscriptionEnd>();
  readonly #open = new Set<IncomingSubgroup>();

  constructor(
    private readonly core: SessionCore,
    private readonly data: DataPlane,
    private readonly exchange: Exchange,
    private readonly sink: SubscriptionSink,
    init: SubscriptionInit,
  ) {
    this.origin = init.origin;
    this.requestId = exchange.requestId;
    this.track = init.track;
    this.trackKey = trackKey(init.track);
    this.trackAlias = init.trackAlias;
    this.#parameters = init.parameters;
    this.#requested = init.requested;
    this.trackProperties = init.trackProperties;
    this.defaultPriority = defaultPriority(init.parameters, init.trackProperties);
    this.ended = this.#ended.promise;
  }

  get parameters(): Parameters {
    return this.#parameters;
  }

  /** What we asked for, updates included. */
  get requested(): Parameters {
    return this.#requested;
  }

  get streamsReceived(): number {
    return this.#streamsReceived;
  }

  /** The publisher is not done and nobody has cancelled: `Established`. */
  get isEstablished(): boolean {
    return !this.#isOver;
  }

  async update(parameters: Parameters, options?: RequestOptions): Promise<Parameters> {
    this.core.assertOpen();
    if (this.#isOver) throw new RequestCancelled('the subscription has ended');
    const merged = mergeParameters(this.#requested, parameters);
    const deadline = new RequestDeadline(this.core, 'REQUEST_UPDATE', options);
    try {
      // An update without an answer (14) has fixed fields, so what is unchanged is said again.
      const said = this.core.profile.features.updateIsAnswered
        ? parameters
        : restated(merged, this.#parameters.largestObject);
      const updated = encodable('subscribe', this.core.profile, this.exchange.update(said, deadline.signal));
      const answer = await deadline.race(updated);
      this.#requested = merged;
      return answer;
    } finally {
      deadline.dispose();
    }
  }

  cancel(): void {
    if (this.#isOver) {
      this.#release();
      return;
    }
    this.exchange.cancel({ type: 'UNSUBSCRIBE', requestId: this.requestId }, 'CANCELLED');
    this.#finish({ kind: 'cancelled' });
    this.#release();
  }

  onSubgroup(stream: OwnedSubgroup): void {
    this.#streamsReceived++;
    this.#open.add(stream);
    stream.onEnd = () => this.#streamEnded(stream);
    if (this.#datagramsReceived) this.#reportMix();
    if (!this.core.guard('onSubgroup', () => this.sink.onSubgroup(stream))) stream.stop('INTERNAL_ERROR');
  }

  onDatagram(object: DatagramObject): void {
    this.#datagramsReceived = true;
    if (this.#streamsReceived > 0) this.#reportMix();
    this.core.guard('onDatagram', () => this.sink.onDatagram(object));
  }

  onMessage(message: ControlMessage): void {
    if (message.type === 'PUBLISH_DONE') this.#onDone(message);
    else if (message.type === 'REQUEST_UPDATE' && this.origin === 'publish') {
      this.#parameters = mergeParameters(this.#parameters, message.parameters);
      const answer = updateAnswer(this.core, message, null);
      if (answer !== null) this.exchange.send(answer);
    } else {
      this.core.fail('PROTOCOL_VIOLATION', `${message.type} in an established subscription`);
    }
  }

  /** FIN without PUBLISH_DONE: the publisher says nothing more, so it is over, but not in order. */
  onPeerFinished(): void {
    this.core.notice('fin-without-publish-done', `subscription ${this.requestId} ended without PUBLISH_DONE`);
    this.exchange.finish();
    this.#finish({ kind: 'reset', code: nameCode(this.core.profile, 'stream-reset', 1n) });
    this.data.aliases.drain(this.trackAlias, this);
  }

  onEnd(end: ExchangeEnd): void {
    if (end.kind === 'session-closed') this.#finish({ kind: 'session-closed', close: end.close });
    else this.#finish({ kind: 'reset', code: end.code ?? nameCode(this.core.profile, 'stream-reset', 1n) });
    this.data.aliases.drain(this.trackAlias, this);
  }

  #onDone(message: PublishDone): void {
    const streamCount = message.streamCount === UNKNOWN_STREAM_COUNT ? null : message.streamCount;
    this.exchange.finish();
    this.#announcedStreams = streamCount;
    this.#finish({
      kind: 'done',
      status: nameCode(this.core.profile, 'publish-done', message.statusCode),
      streamCount,
      reason: message.reason,
    });
    this.data.aliases.drain(this.trackAlias, this);
    this.#releaseIfComplete();
  }

  #streamEnded(stream: IncomingSubgroup): void {
    this.#open.delete(stream);
    this.#releaseIfComplete();
  }

  #releaseIfComplete(): void {
    if (this.#announcedStreams === null || this.#open.size > 0) return;
    // Nothing counts datagrams, and PUBLISH_DONE may overtake the last of them.
    if (this.#datagramsReceived || this.#announcedStreams === 0n) return;
    if (BigInt(this.#streamsReceived) >= this.#announcedStreams) this.#release();
  }

  /** Gives the alias up and stops what is still open. */
  #release(): void {
    this.data.aliases.remove(this.trackAlias, this);
    for (const stream of [...this.#open]) stream.stop('CANCELLED');
    this.#open.clear();
  }

  #finish(end: SubscriptionEnd): void {
    this.#isOver = true;
    this.#ended.resolve(end);
  }

  /** Drafts 14 and 15 forbid it within a track (draft-14 §10). */
  #reportMix(): void {
    if (this.core.profile.features.mixedForwarding || this.#mixReported) return;
    this.#mixReported = true;
    this.core.notice('mixed-forwarding', 'a track came both in datagrams and in subgroups, which this draft forbids');
  }
}

/** The error of an operation on a session that is over. */
export function closedError(core: SessionCore): Error {
  return core.ending === null ? new RequestCancelled('the request has ended') : new SessionClosed(core.ending);
}

/** What SUBSCRIBE_UPDATE of 14 carries, with its defaults: fixed fields cannot say "unchanged" (draft-14 §9.10). */
function restated(parameters: Parameters, largest: Location | undefined): Parameters {
  const { groupOrder: _, authorizationTokens: __, filter, ...rest } = parameters;
  return { subscriberPriority: DEFAULT_PRIORITY, forward: true, ...rest, filter: absoluteFilter(filter, largest) };
}
