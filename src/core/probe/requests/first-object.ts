import type { Cause } from '../../errors/causes.js';
import type { Detail } from '../../records/probe-report.js';
import { sessionEndedError } from '../../session/failure.js';
import type {
  IncomingSubgroup,
  MoqtSession,
  SessionCloseInfo,
  Subscription,
  SubscriptionEnd,
  SubscriptionSink,
} from '../../session/session.js';
import { deferred } from '../../util/deferred.js';
import { escapeText } from '../../util/escape.js';
import { withSignal, withTimeout } from '../../util/timeout.js';
import type { DatagramObject, ObjectHeader } from '../../wire/messages/object.js';
import type { Verdict } from '../probe-options.js';

type Facts = Readonly<Record<string, Detail>>;

/** What came of the wait for data. */
export type DataOutcome =
  | { readonly kind: 'object'; readonly detail: Facts }
  | { readonly kind: 'none' }
  | { readonly kind: 'ended'; readonly end: SubscriptionEnd }
  | { readonly kind: 'closed'; readonly close: SessionCloseInfo };

class Late extends Error {}

/** Takes the first object with a payload of a subscription, whole; everything after it is stopped. */
export class FirstObject implements SubscriptionSink {
  readonly #arrived = deferred<Facts>();
  #startedAt = performance.now();

  /** The SUBSCRIBE goes out now. */
  start(): void {
    this.#startedAt = performance.now();
  }

  onSubgroup(stream: IncomingSubgroup): void {
    if (this.#arrived.settled) stream.stop();
    else void this.#read(stream);
  }

  onDatagram({ header, payload }: DatagramObject): void {
    if (header.status === 'normal') this.#take(header, payload.length, 'datagram');
  }

  /** Never rejects but with the signal's reason. */
  async wait(
    subscription: Subscription,
    session: MoqtSession,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<DataOutcome> {
    const object = this.#arrived.promise.then((detail): DataOutcome => ({ kind: 'object', detail }));
    const closed = session.closed.then((close): DataOutcome => ({ kind: 'closed', close }));
    const outcomes = [object, closed];
    // PUBLISH_DONE overtakes the streams that it counts: an object may still come.
    const ended = subscription.ended.then(async (end): Promise<DataOutcome> => {
      if (end.kind === 'session-closed') return { kind: 'closed', close: end.close };
      if (end.kind === 'done' && end.streamCount !== 0n) return object;
      return { kind: 'ended', end };
    });
    try {
      const first = withTimeout(Promise.race([...outcomes, ended]), timeoutMs, () => new Late());
      return await withSignal(first, signal);
    } catch (error) {
      if (error instanceof Late) return { kind: 'none' };
      throw error;
    }
  }

  async #read(stream: IncomingSubgroup): Promise<void> {
    try {
      for (let run = await stream.read(); run !== null; run = await stream.read()) {
        const whole = run.find(({ complete, header }) => complete && header.status === 'normal');
        if (whole === undefined) continue;
        this.#take(whole.header, whole.header.payloadLength, 'subgroup');
        stream.stop();
        return;
      }
    } catch {
      // A stream that breaks off brings no object; another may.
    }
  }

  #take(header: ObjectHeader, bytes: number, forwarding: 'subgroup' | 'datagram'): void {
    this.#arrived.resolve({
      firstObject: `${header.group}.${header.object}`,
      firstObjectMs: performance.now() - this.#startedAt,
      bytes,
      forwarding,
    });
  }
}

/** Why the `data` stage failed. */
export function dataVerdict(
  outcome: Exclude<DataOutcome, { kind: 'object' }>,
  { parameters }: Subscription,
  timeoutMs: number,
): Verdict {
  const { largestObject } = parameters;
  const largest = largestObject === undefined ? null : `${largestObject.group}.${largestObject.object}`;
  if (outcome.kind === 'closed') {
    const { close } = outcome;
    const { message, hint, reason } = sessionEndedError(close, { stage: 'data', afterData: false });
    return {
      cause: reason as Cause,
      message: `after SUBSCRIBE_OK and before an object: ${escapeText(message, { maxLength: 300 })}`,
      hint: hint ?? 'no object had arrived: see the log of the relay',
      detail: { received: 0, by: close.by, code: `0x${close.code.toString(16)}`, name: close.name },
    };
  }
  const published =
    largest === null ? 'nothing has been published on it yet' : `its largest object is ${largest}, published before`;
  if (outcome.kind === 'none') {
    return {
      cause: 'data.none',
      message: `the subscription was accepted, but no object came within ${Math.round(timeoutMs)} ms (data timeout)`,
      hint: `${published}: the publisher is idle or slow, the filter asks only for later objects, or the relay holds the track back (forward 0); raise --data-timeout, or look at the publisher`,
      detail: { received: 0, largestObject: largest },
    };
  }
  const { end } = outcome;
  const how = end.kind === 'done' ? `PUBLISH_DONE ${end.status.name}` : end.kind === 'reset' ? end.code.name : end.kind;
  return {
    cause: 'data.none',
    message: `the subscription was accepted, and ended without an object: ${how}`,
    hint: `${published}: the track is over, or its publisher left; fetch what is past (--fetch)`,
    detail: { received: 0, largestObject: largest, end: how },
  };
}
