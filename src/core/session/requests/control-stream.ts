import type { RecvStream, SendStream } from '../../transport/transport.js';
import { StreamReset } from '../../transport/transport-errors.js';
import { ControlDecoder, encodeControlMessage } from '../../wire/control-codec.js';
import type { ControlMessage } from '../../wire/messages/control-message.js';
import type { DraftProfile } from '../../wire/profile.js';
import { nameCode } from '../codes.js';
import type { SessionCore } from '../session-core.js';

/** Queued bytes of control messages above which the peer has evidently stopped reading. */
const MAX_BACKLOG = 4 * 1024 * 1024;

/** Writes control messages in call order. Control streams go before all data (draft-18 §11.4.2, deadlocks). */
export class MessageWriter {
  #backlog: Promise<void> | undefined;

  constructor(
    private readonly core: SessionCore,
    readonly stream: SendStream,
  ) {
    stream.priority(0);
  }

  /** Throws EncodeError before anything is written. */
  write(message: ControlMessage): void {
    const bytes = encodeControlMessage(this.core.profile, message);
    this.core.trace('sent', message, bytes, this.stream.id);
    const backpressure = this.stream.write(bytes);
    if (backpressure === undefined) return;
    if (this.stream.queuedBytes > MAX_BACKLOG) {
      this.core.fail('CONTROL_MESSAGE_TIMEOUT', `the peer does not read stream ${this.stream.id}`);
    }
    // A stream that ends takes its writes with it: whoever reads the stream or the session learns why.
    const settled = backpressure
      .catch(() => {})
      .then(() => {
        if (this.#backlog === settled) this.#backlog = undefined;
      });
    this.#backlog = settled;
  }

  /**
   * Undefined when the peer has taken all. A reader of requests waits for this before it reads on, so that a peer that
   * sends but does not read cannot make our answers pile up.
   */
  get backlog(): Promise<void> | undefined {
    return this.#backlog;
  }
}

export interface MessageSink {
  onMessage(message: ControlMessage): void;
  onFinished(): void;
  /** Not called when the session closed. */
  onReset(code: bigint): void;
}

/** Reads a stream of control messages and hands them on one by one. */
export class MessageReader {
  readonly #decoder: ControlDecoder;

  constructor(
    private readonly core: SessionCore,
    profile: DraftProfile,
    readonly stream: RecvStream,
  ) {
    this.#decoder = new ControlDecoder(profile);
  }

  /** Bytes read already, by whoever had to look at the beginning of the stream. */
  prepend(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  /**
   * The first message alone; the rest waits for `run`. Null when the stream ended before it; rejects as reads do. `onBytes`
   * sees what was read for it.
   */
  async first(onBytes?: (bytes: Uint8Array) => void): Promise<ControlMessage | null> {
    for (;;) {
      const message = this.#next();
      if (message !== null) return message;
      const chunk = await this.stream.read();
      if (chunk === null) return null;
      onBytes?.(chunk);
      this.#decoder.push(chunk);
    }
  }

  /** Hands on all further messages. Never rejects: a violation closes the session. `writer` must drain before more is read. */
  async run(sink: MessageSink, writer: MessageWriter): Promise<void> {
    try {
      for (;;) {
        for (let message = this.#next(); message !== null; message = this.#next()) {
          sink.onMessage(message);
          if (this.core.ending !== null) return;
        }
        const backlog = writer.backlog;
        if (backlog !== undefined) await backlog;
        const chunk = await this.stream.read();
        if (this.core.ending !== null) return;
        if (chunk === null) break;
        this.#decoder.push(chunk);
      }
    } catch (error) {
      if (error instanceof StreamReset) sink.onReset(error.code);
      else this.core.failWith(error);
      return;
    }
    if (this.#decoder.pendingBytes > 0)
      this.core.fail('PROTOCOL_VIOLATION', 'a stream ended in the middle of a message');
    else sink.onFinished();
  }

  #next(): ControlMessage | null {
    const decoded = this.#decoder.next();
    if (decoded === null) return null;
    this.core.trace('received', decoded.message, decoded.raw, this.stream.id);
    return decoded.message;
  }
}

/**
 * What a peer's teardown may be ahead of its close, ms. A program that drops a session loses the streams first, and what
 * it sent before is still on the way: requests and data that are read meanwhile count, and so does the close that says why.
 */
const TEARDOWN_MS = 250;

/** What every control stream does with its end: it must live as long as the session (draft-18 §3.3, draft-16 §3.3). */
export function endlessControl(core: SessionCore, onMessage: (message: ControlMessage) => void): MessageSink {
  return {
    onMessage,
    onFinished: () => failSoon(core, 'the peer closed its control stream'),
    onReset: (code) => failSoon(core, `the peer reset its control stream: ${describe(core.profile, code)}`),
  };
}

/** Closes the session when the peer stops reading our control stream. */
export function watchControl(core: SessionCore, stream: SendStream): void {
  void stream.stopped.then((code) =>
    failSoon(core, `the peer stopped reading our control stream: ${describe(core.profile, code)}`),
  );
}

/** How many times a control stream was lost, by its kind of counter: the session ends soon, of itself or by our close. */
export const CONTROL_STREAM_LOST = 'control-stream-lost';

export function failSoon(core: SessionCore, reason: string): void {
  core.count(CONTROL_STREAM_LOST);
  const timer = core.clock.after(TEARDOWN_MS, () => core.fail('PROTOCOL_VIOLATION', reason));
  void core.closed.then(() => timer.cancel());
}

function describe(profile: DraftProfile, code: bigint): string {
  return `${nameCode(profile, 'stream-reset', code).name} (0x${code.toString(16)})`;
}
