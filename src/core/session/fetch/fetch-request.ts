import { MoqtError } from '../../errors/moqt-error.js';
import type { RecvStream } from '../../transport/transport.js';
import { StreamReset } from '../../transport/transport-errors.js';
import { deferred, ignorable } from '../../util/deferred.js';
import { withTimeout } from '../../util/timeout.js';
import { FetchDecoder } from '../../wire/fetch.js';
import type { ControlMessage, FetchOk, FetchTarget } from '../../wire/messages/control-message.js';
import type { FetchEntry } from '../../wire/messages/object.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import { EncodeError } from '../../wire/wire-error.js';
import { codeFor, nameCode } from '../codes.js';
import type { SessionContext } from '../context.js';
import { unsupportedProperty } from '../parameters.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from '../requests/exchange.js';
import { endedError, rejectionError } from '../requests/rejection.js';
import { RequestDeadline } from '../requests/request-deadline.js';
import type { FetchResponse, RequestOptions } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { encodeFailure, RequestCancelled } from '../session-errors.js';
import { endsBeforeStart } from './fetch-range.js';
import type { FetchTable } from './fetch-table.js';

type Ok = Awaited<FetchResponse['ok']>;

/** A FETCH of ours. */
export class FetchRequest implements FetchResponse, ExchangeHandler {
  readonly ok: Promise<Ok>;
  readonly #ok = deferred<Ok>();
  readonly #stream = deferred<RecvStream>();
  readonly #decoder: FetchDecoder;
  #exchange: Exchange | null = null;
  #hasStream = false;
  #streamEnded = false;
  /** The last stream that was reset before it said what it is, and may have been ours. */
  #lostStream: StreamReset | null = null;
  #first: FetchEntry[] | null = null;
  /** Why reads fail from now on. */
  #failure: unknown = null;

  constructor(
    private readonly context: SessionContext,
    private readonly target: FetchTarget,
    private readonly parameters: Parameters,
  ) {
    const { core } = context;
    this.#decoder = new FetchDecoder(core.profile, parameters.groupOrder ?? 'ascending', core.limits);
    this.ok = ignorable(this.#ok.promise);
    void ignorable(this.#stream.promise);
  }

  get requestId(): bigint {
    return this.#exchange?.requestId ?? -1n;
  }

  private get core(): SessionCore {
    return this.context.core;
  }

  private get table(): FetchTable {
    return this.context.fetches;
  }

  /** Sends the request and waits for its answer; the outcome is that of `ok`. `precheck` throws when there is to be none. */
  async start(precheck: () => void, options: RequestOptions | undefined): Promise<void> {
    const deadline = new RequestDeadline(this.core, 'FETCH', options);
    try {
      precheck();
      this.#checkJoining();
      const { target, parameters } = this;
      this.#exchange = await this.context.channel.open(
        'FETCH',
        (requestId) => ({ type: 'FETCH', requestId, target, parameters }),
        this,
        deadline.signal,
      );
      // Cancelled while it waited for credit.
      if (this.#failure !== null) this.#abandon();
      else this.table.add(this);
      await deadline.race(this.#ok.promise);
    } catch (error) {
      this.#fail(error instanceof EncodeError ? encodeFailure('fetch', this.core.profile, error) : error);
      this.#abandon();
    } finally {
      deadline.dispose();
    }
  }

  async read(): Promise<readonly FetchEntry[] | null> {
    const first = this.#first;
    if (first !== null) {
      this.#first = null;
      return first;
    }
    if (this.#failure !== null) throw this.#failure;
    if (this.#streamEnded) return null;
    const stream = await this.#awaitStream();
    if (this.#first !== null) return this.read();
    try {
      for (;;) {
        const chunk = await stream.read();
        if (this.#failure !== null) throw this.#failure;
        if (chunk === null) {
          this.#decoder.finish();
          this.core.observer?.streamClosed(stream.id, 0n);
          this.#endStream();
          return null;
        }
        const entries = this.#decoder.push(chunk);
        if (this.#decoder.failure !== null) this.core.failWith(this.#decoder.failure);
        this.#observe(stream, entries);
        if (entries.length > 0) return entries;
      }
    } catch (error) {
      if (error === this.#decoder.failure) this.core.failWith(error);
      if (error instanceof StreamReset) this.core.observer?.streamClosed(stream.id, error.code);
      this.#failure ??= error;
      this.#endStream();
      throw this.#failure;
    }
  }

  cancel(): void {
    if (this.#streamEnded && this.#ok.settled) return;
    this.#fail(new RequestCancelled('the fetch was cancelled'));
    this.#abandon();
  }

  /** The data stream, with the bytes read so far. False when there is one already. */
  attach(stream: RecvStream, bytes: Uint8Array): boolean {
    if (this.#hasStream) return false;
    this.#hasStream = true;
    const { requestId } = this;
    this.core.observer?.streamOpened({ streamId: stream.id, direction: 'received', type: 'fetch', requestId });
    const entries = this.#decoder.push(bytes);
    if (this.#decoder.failure !== null) this.core.failWith(this.#decoder.failure);
    if (entries.length > 0) this.#first = entries;
    this.#observe(stream, entries);
    this.#stream.resolve(stream);
    return true;
  }

  /** Whether its data stream is still to come. */
  get awaitsStream(): boolean {
    return !this.#hasStream && this.#failure === null;
  }

  /** A stream was reset before its header was read. `isOurs`: it can have been no other than the answer to this request. */
  onLostStream(reset: StreamReset, isOurs: boolean): void {
    this.#lostStream = reset;
    if (!isOurs) return;
    // Instead of FETCH_OK a REQUEST_ERROR may come, which says more.
    void this.#ok.promise.then(
      () => this.#stream.reject(reset),
      () => {},
    );
  }

  onMessage(message: ControlMessage): void {
    if (this.#ok.settled) this.core.fail('PROTOCOL_VIOLATION', `${message.type} after a FETCH was answered`);
    else if (message.type === 'FETCH_OK') this.#onOk(message);
    else if (message.type === 'REQUEST_ERROR') {
      this.#fail(rejectionError(this.core, 'FETCH', message));
      this.#exchange?.finish();
      this.#stopStream();
    } else if (message.type === 'REQUEST_OK') {
      // moq-dev's relay answers so on every draft that has REQUEST_OK.
      this.core.notice('quirk:fetch-request-ok', 'a FETCH was answered with REQUEST_OK instead of FETCH_OK');
      const end = this.target.type === 'standalone' ? this.target.end : { group: 0n, object: 0n };
      this.#ok.resolve({ endOfTrack: false, end, parameters: message.parameters, trackProperties: [] });
      this.#finishIfComplete();
    } else this.core.fail('PROTOCOL_VIOLATION', `a FETCH was answered with ${message.type}`);
  }

  onPeerFinished(): void {
    if (!this.#ok.settled) this.onEnd({ kind: 'peer' });
  }

  onEnd(end: ExchangeEnd): void {
    if (this.#ok.settled && end.kind === 'peer' && this.#hasStream) return;
    this.#fail(endedError('FETCH', end));
    if (this.#exchange?.isOpen) this.#exchange.finish();
    this.table.delete(this);
  }

  /** A joining fetch for any other filter makes the peer close the session where drafts say so (draft-16 §9.16.2). */
  #checkJoining(): void {
    if (this.target.type === 'standalone' || this.core.profile.features.requests !== 'muxed-control') return;
    const joined = this.context.subscriptions.get(this.target.joiningRequestId);
    const filter = joined?.requested.filter?.type ?? 'largest-object';
    if (filter === 'largest-object') return;
    throw new MoqtError('MOQT_E_USAGE', `a fetch cannot join a subscription with the filter ${filter} in this draft`, {
      stage: 'fetch',
      cause: 'fetch.joining_filter',
    });
  }

  #onOk(message: FetchOk): void {
    if (this.target.type === 'standalone' && endsBeforeStart(this.target.start, message.end)) {
      this.core.fail('PROTOCOL_VIOLATION', 'FETCH_OK ends before the range that was asked for begins');
      return;
    }
    const { endOfTrack, end, parameters, trackProperties = [] } = message;
    const unsupported = unsupportedProperty(this.core.profile, trackProperties);
    if (unsupported !== null) {
      this.#fail(
        new MoqtError('MOQT_E_UNSUPPORTED', `the track demands property 0x${unsupported.toString(16)}`, {
          stage: 'fetch',
          cause: 'request.unsupported_extension',
        }),
      );
      this.#abandon();
      return;
    }
    this.#ok.resolve({ endOfTrack, end, parameters, trackProperties });
    this.#finishIfComplete();
  }

  /** FETCH_OK is followed by a stream, if only an empty one; a publisher that opens none must not hold us for ever. */
  async #awaitStream(): Promise<RecvStream> {
    if (!this.#hasStream) await Promise.race([this.#ok.promise, this.#stream.promise]);
    const ms = this.core.timeouts.requestMs;
    const noStream = (): Error =>
      new MoqtError('MOQT_E_TIMEOUT', `no stream answered the FETCH within ${ms} ms${this.#lostText()}`, {
        stage: 'fetch',
        cause: 'fetch.no_stream',
      });
    return withTimeout(this.#stream.promise, ms, noStream, this.core.clock);
  }

  #lostText(): string {
    if (this.#lostStream === null) return '';
    const { name } = nameCode(this.core.profile, 'stream-reset', this.#lostStream.code);
    return `; one was reset before it said what it is: ${name} (0x${this.#lostStream.code.toString(16)})`;
  }

  #observe(stream: RecvStream, entries: readonly FetchEntry[]): void {
    const { observer } = this.core;
    if (observer === null) return;
    const pieces = entries.filter((entry) => entry.kind === 'object');
    if (pieces.length > 0) observer.fragments(stream.id, pieces);
  }

  #endStream(): void {
    this.#streamEnded = true;
    this.#finishIfComplete();
  }

  #finishIfComplete(): void {
    if (!this.#streamEnded || !this.#ok.settled) return;
    this.#exchange?.finish();
    this.table.delete(this);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#ok.reject(error);
    this.#stream.reject(error);
  }

  /** Cancels whatever of the fetch is still going on. */
  #abandon(): void {
    const exchange = this.#exchange;
    if (exchange?.isOpen) exchange.cancel({ type: 'FETCH_CANCEL', requestId: exchange.requestId }, 'CANCELLED');
    this.#stopStream();
    this.table.delete(this);
  }

  #stopStream(): void {
    this.#first = null;
    if (!this.#hasStream || this.#streamEnded) return;
    this.#streamEnded = true;
    const { code } = codeFor(this.core.profile, 'stream-reset', 'CANCELLED');
    void this.#stream.promise
      .then((stream) => {
        stream.stop(code);
        this.core.observer?.streamClosed(stream.id, code);
      })
      .catch(() => {});
  }
}
