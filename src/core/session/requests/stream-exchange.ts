import type { BidiStream } from '../../transport/transport.js';
import type { Timer } from '../../util/clock.js';
import { encodeControlMessage } from '../../wire/control-codec.js';
import type {
  ControlMessage,
  Fetch,
  GoAway,
  Publish,
  PublishNamespace,
  RequestKind,
  RequestUpdate,
  Subscribe,
  SubscribeNamespace,
  SubscribeTracks,
  TrackStatus,
} from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import { codeFor, nameCode } from '../codes.js';
import type { SessionCore } from '../session-core.js';
import { shownUri } from '../unanswered.js';
import { MessageReader, MessageWriter } from './control-stream.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from './exchange.js';
import { NO_HANDLER } from './muxed-exchange.js';
import { PendingUpdates } from './pending-updates.js';

export type RequestMessage =
  | Subscribe
  | Publish
  | Fetch
  | TrackStatus
  | PublishNamespace
  | SubscribeNamespace
  | SubscribeTracks;

const REQUESTS: ReadonlySet<string> = new Set<RequestMessage['type']>([
  'SUBSCRIBE',
  'PUBLISH',
  'FETCH',
  'TRACK_STATUS',
  'PUBLISH_NAMESPACE',
  'SUBSCRIBE_NAMESPACE',
  'SUBSCRIBE_TRACKS',
]);

/** True for the messages that begin an exchange. */
export function isRequest(message: ControlMessage): message is RequestMessage {
  return REQUESTS.has(message.type);
}

/** What an exchange needs of the channel it belongs to. */
export interface StreamExchangeHooks {
  nextUpdateId(signal: AbortSignal): Promise<bigint>;
  /** The update to process, or null: it broke a rule and the session is closing, or it has been answered. */
  acceptUpdate(exchange: Exchange, update: RequestUpdate): RequestUpdate | null;
  onOver(exchange: StreamExchange): void;
}

/**
 * How long STOP_SENDING alone may precede the answer, ms. A peer that refuses or ends a request may stop reading it
 * first, and the two can arrive in either order.
 */
const STOP_GRACE_MS = 1000;

/** An exchange on a bidirectional stream of its own: every request from 17 on, SUBSCRIBE_NAMESPACE in 16. */
export class StreamExchange implements Exchange {
  handler: ExchangeHandler = NO_HANDLER;
  readonly #writer: MessageWriter;
  readonly #updates: PendingUpdates;
  #open = true;
  #sendEnded = false;
  #answered: boolean;
  #goAwaySeen = false;
  #graceTimer: Timer | null = null;

  constructor(
    private readonly core: SessionCore,
    private readonly bidi: BidiStream,
    readonly request: RequestKind,
    readonly requestId: bigint,
    readonly initiator: 'local' | 'peer',
    private readonly hooks: StreamExchangeHooks,
  ) {
    this.#writer = new MessageWriter(core, bidi.send);
    this.#updates = new PendingUpdates(core);
    // Only who sent the request has a first answer to wait for; any OK that comes to the other answers an update.
    this.#answered = initiator === 'peer';
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Begins to read. `reader` has looked at the first message already. */
  start(reader?: MessageReader): void {
    const source = reader ?? new MessageReader(this.core, this.core.profile, this.bidi.recv);
    const sink = {
      onMessage: (message: ControlMessage) => this.#onMessage(message),
      onFinished: () => this.#onFinished(),
      onReset: (code: bigint) => this.#onPeerCancel(code),
    };
    void source.run(sink, this.#writer);
    void this.bidi.send.stopped.then((code) => this.#onStopped(code));
  }

  send(message: ControlMessage): void {
    if (this.#open) this.#writer.write(this.#identified(message));
  }

  finish(last?: ControlMessage): void {
    if (!this.#open) return;
    if (last !== undefined) this.#writer.write(this.#identified(last));
    this.#endSending();
    this.#over();
  }

  async flushed(): Promise<void> {
    await this.#writer.backlog;
  }

  cancel(_message: ControlMessage | null, reset: string): void {
    if (!this.#open) return;
    this.#abort(codeFor(this.core.profile, 'stream-reset', reset).code);
    this.#over();
  }

  async update(parameters: Parameters, signal: AbortSignal): Promise<Parameters> {
    const { requests } = this.core.profile.features;
    const existing = requests === 'muxed-control' ? { existingRequestId: this.requestId } : {};
    const update = { type: 'REQUEST_UPDATE', ...existing, parameters } as const;
    // Encoded once in vain: an update that does not fit the draft must fail before it has used up an ID.
    encodeControlMessage(this.core.profile, { ...update, requestId: this.requestId });
    const requestId = await this.hooks.nextUpdateId(signal);
    const answer = this.#updates.add(requestId);
    this.#writer.write({ ...update, requestId });
    return answer;
  }

  /** Ended from outside. */
  end(end: ExchangeEnd): void {
    if (!this.#open) return;
    this.#over(end.kind === 'session-closed' ? end : undefined);
    this.handler.onEnd(end);
  }

  #onMessage(message: ControlMessage): void {
    if (!this.#open) {
      this.core.count('late-message');
      return;
    }
    if (message.type === 'GOAWAY') {
      this.#onGoAway(message);
      return;
    }
    if (isRequest(message)) {
      this.core.fail('PROTOCOL_VIOLATION', `a second request, ${message.type}, on the stream of a ${this.request}`);
      return;
    }
    if (message.type === 'REQUEST_UPDATE') {
      const update = this.hooks.acceptUpdate(this, message);
      if (update !== null) this.handler.onMessage(update);
      return;
    }
    const properties = message.type === 'REQUEST_OK' ? (message.trackProperties ?? []) : [];
    if (properties.length > 0 && this.request !== 'TRACK_STATUS') {
      this.core.fail('PROTOCOL_VIOLATION', `track properties in the answer to ${this.request}`);
      return;
    }
    if (this.#answered && (message.type === 'REQUEST_OK' || message.type === 'REQUEST_ERROR')) {
      if (!this.#updates.answer(message, message.requestId)) {
        this.core.fail('PROTOCOL_VIOLATION', `an unexpected ${message.type} on the stream of a ${this.request}`);
      }
      return;
    }
    if ('requestId' in message && (message.requestId ?? this.requestId) !== this.requestId) {
      this.core.fail(
        'PROTOCOL_VIOLATION',
        `${message.type} for ${message.requestId} on the stream of ${this.requestId}`,
      );
      return;
    }
    this.#answered = true;
    this.handler.onMessage(message);
  }

  /** GOAWAY for this request alone (draft-18 §10.4): it is to be moved, which is for the application to do. */
  #onGoAway(message: GoAway): void {
    if (this.#goAwaySeen) {
      this.core.fail('PROTOCOL_VIOLATION', 'a second GOAWAY on the stream of a request');
    } else if (this.core.role === 'server' && message.newSessionUri !== '') {
      this.core.fail('PROTOCOL_VIOLATION', 'a client sent GOAWAY with a URI');
    } else {
      this.#goAwaySeen = true;
      const uri = shownUri(message.newSessionUri);
      const where = uri === null ? '' : ` to ${uri}`;
      this.core.notice(
        'request-goaway',
        `the peer asks to make ${this.request} ${this.requestId} anew${where} (GOAWAY)`,
      );
    }
  }

  #onFinished(): void {
    if (this.#open) this.handler.onPeerFinished();
  }

  #onPeerCancel(code: bigint): void {
    if (!this.#open) return;
    this.#abort(codeFor(this.core.profile, 'stream-reset', 'CANCELLED').code);
    this.end({ kind: 'peer', code: nameCode(this.core.profile, 'stream-reset', code) });
  }

  #onStopped(code: bigint): void {
    this.#sendEnded = true;
    if (!this.#open) return;
    // Whoever is to get the answers or the objects cancels by it; a publisher that has said PUBLISH_DONE only leaves.
    const isPublisher = (this.initiator === 'peer') === (this.request === 'PUBLISH');
    if (!isPublisher) this.#onPeerCancel(code);
    else this.#graceTimer = this.core.clock.after(STOP_GRACE_MS, () => this.#onPeerCancel(code), { background: true });
  }

  #abort(code: bigint): void {
    if (!this.#sendEnded) this.bidi.send.reset(code);
    this.#sendEnded = true;
    this.bidi.recv.stop(code);
  }

  #endSending(): void {
    if (!this.#sendEnded) this.bidi.send.end();
    this.#sendEnded = true;
  }

  #over(end?: Extract<ExchangeEnd, { kind: 'session-closed' }>): void {
    this.#open = false;
    this.#graceTimer?.cancel();
    this.#updates.end(end?.close);
    this.hooks.onOver(this);
  }

  /** Answers carry a Request ID only where requests share a stream, which is so for this stream of 16 as well (§9.25). */
  #identified(message: ControlMessage): ControlMessage {
    if (this.core.profile.features.requests !== 'muxed-control') return message;
    return 'requestId' in message && message.requestId !== undefined
      ? message
      : ({ ...message, requestId: this.requestId } as ControlMessage);
  }
}
