import { MoqtError } from '../errors/moqt-error.js';
import type { MoqtSession } from '../session/session.js';
import { systemClock } from '../util/clock.js';
import { Establisher } from './establish.js';
import type { SubscribeOptions, SubscribeReport, SubscriptionInfo } from './subscribe-options.js';
import type { TrackItem } from './track-item.js';
import { TrackReader } from './track-reader.js';

/** A subscription that is under way. Nothing is read from the peer unless items are taken: that is the backpressure. */
export interface TrackSubscription extends AsyncIterable<TrackItem> {
  readonly info: SubscriptionInfo;
  /** The session in use: another than at first when the peer had closed that one. */
  readonly session: MoqtSession;
  /**
   * The next items in order, at least one; null after the last. Payloads belong to the caller. Rejects with MoqtError when
   * the track is not complete (`MOQT_E_INCOMPLETE`) or an assertion does not hold (`MOQT_E_CHECK`), after all items that
   * came were given, the gaps among them.
   */
  nextBatch(): Promise<readonly TrackItem[] | null>;
  /** Settles once the last item was taken. Takes nothing by itself. */
  readonly done: Promise<SubscribeReport>;
  /** What arrived so far; cheap. */
  report(): SubscribeReport;
  /** Ends it: the publisher is told, and items not taken yet are dropped. */
  cancel(): void;
}

/**
 * Subscribes to a track over an established session (draft-18 §5.1). Resolves once the publisher has answered; rejects with
 * MoqtError when it refused, did not answer, or did not come in time. `reconnect` is needed only to wait for a publisher at
 * peers that close the session over a parameter they do not know.
 */
export async function subscribe(
  session: MoqtSession,
  options: SubscribeOptions,
  reconnect?: () => Promise<MoqtSession>,
): Promise<TrackSubscription> {
  checkOptions(options);
  const startedAt = (options.clock ?? systemClock).now();
  let reader = new TrackReader(session, options, startedAt);
  const establisher = new Establisher(
    options,
    (current) => {
      if (current !== session) reader = new TrackReader(current, options, startedAt);
      return reader.sink;
    },
    reconnect,
  );
  const { subscription, attempts } = await establisher.run(session);
  reader.start(subscription, attempts);
  options.onEvent?.({ kind: subscription.origin === 'publish' ? 'publish-accepted' : 'subscribed', info: reader.info });
  return new ReaderSubscription(reader);
}

class ReaderSubscription implements TrackSubscription {
  readonly #reader: TrackReader;
  readonly info: SubscriptionInfo;
  readonly session: MoqtSession;
  readonly done: Promise<SubscribeReport>;

  constructor(reader: TrackReader) {
    this.#reader = reader;
    this.info = reader.info;
    this.session = reader.session;
    this.done = reader.done;
  }

  nextBatch(): Promise<readonly TrackItem[] | null> {
    return this.#reader.nextBatch();
  }

  report(): SubscribeReport {
    return this.#reader.report();
  }

  cancel(): void {
    this.#reader.stop('stopped');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrackItem> {
    try {
      for (let batch = await this.nextBatch(); batch !== null; batch = await this.nextBatch()) yield* batch;
    } finally {
      // Someone who leaves early has cancelled; afterwards it changes nothing.
      this.cancel();
      await this.nextBatch().catch(() => null);
    }
  }
}

function checkOptions(options: SubscribeOptions): void {
  const { count, priority, items, order } = options;
  const wrong = (message: string): MoqtError =>
    new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause: 'subscribe.option' });
  if (count !== undefined && (!Number.isSafeInteger(count) || count < 1)) {
    throw wrong(`the count must be a whole number above 0, not ${count}`);
  }
  if (priority !== undefined && (!Number.isInteger(priority) || priority < 0 || priority > 255)) {
    throw wrong(`the priority must be a whole number from 0 to 255, not ${priority}`);
  }
  if (items === 'pieces' && order === 'arrival') {
    throw wrong('objects in order of arrival can only be handed on whole');
  }
}
