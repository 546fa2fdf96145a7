import type { Delivery, SendStream } from '../../transport/transport.js';
import { deferred } from '../../util/deferred.js';
import { encodeFetchHeader, FetchEncoder } from '../../wire/fetch.js';
import type { Location } from '../../wire/location.js';
import type { ControlMessage } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import { EncodeError } from '../../wire/wire-error.js';
import { codeFor } from '../codes.js';
import { streamUrgency } from '../data/priority.js';
import type { Exchange, ExchangeHandler } from '../requests/exchange.js';
import { updateAnswer } from '../requests/update-answer.js';
import type { OutgoingFetch, OutgoingObject } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { closedError } from '../tracks/subscription.js';

const NO_PROPERTIES = new Uint8Array(0);

/** A FETCH that we accepted: the exchange, and the data stream that answers it. */
export class FetchWriter implements OutgoingFetch, ExchangeHandler {
  readonly cancelled: Promise<void>;
  readonly #cancelled = deferred();
  readonly #abort = new AbortController();
  readonly #encoder: FetchEncoder;
  #stream: SendStream | null = null;
  #ended = false;

  constructor(
    private readonly core: SessionCore,
    private readonly exchange: Exchange,
    private readonly parameters: Parameters,
  ) {
    this.cancelled = this.#cancelled.promise;
    this.#encoder = new FetchEncoder(core.profile, parameters.groupOrder ?? 'ascending');
  }

  /** Waits for stream credit. */
  async open(): Promise<void> {
    const stream = await this.core.transport.openUni({ signal: this.#abort.signal });
    if (this.#ended) {
      stream.reset(codeFor(this.core.profile, 'stream-reset', 'CANCELLED').code);
      throw closedError(this.core);
    }
    stream.priority(streamUrgency(this.parameters.subscriberPriority));
    this.#stream = stream;
    // At once: a reset of a stream that has said nothing would not tell the other side which FETCH has ended.
    const { requestId } = this.exchange;
    const header = encodeFetchHeader(this.core.profile, requestId);
    this.core.observer?.streamOpened({ streamId: stream.id, direction: 'sent', type: 'fetch', requestId, header });
    this.#write([header])?.catch(() => {});
  }

  writeObject(
    object: OutgoingObject & { readonly group: bigint; readonly subgroup: bigint | null; readonly priority: number },
    payload: Uint8Array,
  ): Promise<void> | undefined {
    const { group, subgroup, priority, status = 'normal', properties = NO_PROPERTIES } = object;
    const header = this.#encoder.objectHeader({
      group,
      subgroup,
      object: object.object,
      priority,
      status,
      properties,
      payloadLength: payload.length,
    });
    const written = this.#write(payload.length > 0 ? [header, payload] : [header]);
    const { observer } = this.core;
    if (observer !== null && this.#stream !== null) {
      const observed = { streamId: this.#stream.id, group, object: object.object, priority, status };
      observer.objectSent(observed, payload.length, payload);
    }
    return written;
  }

  endOfRange(range: 'non-existent' | 'unknown', end: Location): Promise<void> | undefined {
    const layout = this.core.profile.data.fetch;
    if (layout.kind !== 'flags' || layout.ranges.size === 0) {
      this.core.count('end-of-range-omitted');
      return undefined;
    }
    return this.#write([this.#encoder.endOfRange(range, end.group, end.object)]);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream?.end();
    this.#observeEnd(0n);
    this.exchange.finish();
  }

  reset(name: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reset(name);
    this.exchange.finish();
  }

  delivered(): Promise<Delivery> {
    return this.#stream?.delivered() ?? Promise.reject(closedError(this.core));
  }

  onMessage(message: ControlMessage): void {
    if (message.type !== 'REQUEST_UPDATE') {
      this.core.fail('PROTOCOL_VIOLATION', `${message.type} from the subscriber of a FETCH`);
      return;
    }
    const answer = updateAnswer(this.core, message, null);
    if (answer !== null) this.exchange.send(answer);
    const { subscriberPriority } = message.parameters;
    if (subscriberPriority !== undefined) this.#stream?.priority(streamUrgency(subscriberPriority));
  }

  onPeerFinished(): void {}

  onEnd(): void {
    this.#ended = true;
    this.#reset('CANCELLED');
    this.#abort.abort(closedError(this.core));
    this.#cancelled.resolve();
  }

  #reset(name: string): void {
    const { code } = codeFor(this.core.profile, 'stream-reset', name);
    this.#stream?.reset(code);
    this.#observeEnd(code);
  }

  #observeEnd(code: bigint): void {
    if (this.#stream !== null) this.core.observer?.streamClosed(this.#stream.id, code);
  }

  #write(chunks: Uint8Array[]): Promise<void> | undefined {
    if (this.#ended || this.#stream === null) throw new EncodeError('the fetch has ended');
    return this.#stream.writev(chunks);
  }
}
