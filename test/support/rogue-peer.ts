import type {
  BidiStream,
  CloseInfo,
  RecvStream,
  SendStream,
  TransportSession,
} from '../../src/core/transport/transport.js';
import { ControlDecoder, encodeControlMessage } from '../../src/core/wire/control-codec.js';
import { profileByDraft } from '../../src/core/wire/drafts/index.js';
import type { ControlMessage, ControlMessageType } from '../../src/core/wire/messages/control-message.js';
import type { SetupOptions } from '../../src/core/wire/messages/parameters.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { eventually, soon } from './wait.js';

export const DRAFTS = ['14', '16', '18'] as const;
export type Draft = (typeof DRAFTS)[number];

export function profileOf(draft: string): DraftProfile {
  const profile = profileByDraft(draft);
  if (profile === undefined) throw new Error(`no draft ${draft}`);
  return profile;
}

/** One stream with control messages, as the rogue sees it. */
export class RogueStream {
  readonly received: ControlMessage[] = [];
  /** `fin` or `reset <code>`; null while it lives. */
  ended: string | null = null;
  /** Sees every message as it arrives. */
  onMessage: ((message: ControlMessage) => void) | null = null;
  /** The code of the STOP_SENDING that came for what we send here. */
  stopped: bigint | null = null;
  readonly #decoder: ControlDecoder;

  constructor(
    readonly profile: DraftProfile,
    readonly send: SendStream | null,
    readonly recv: RecvStream | null,
  ) {
    this.#decoder = new ControlDecoder(profile);
    if (recv !== null) void this.#read(recv);
    void send?.stopped.then((code) => {
      this.stopped = code;
    });
  }

  message(message: ControlMessage): void {
    this.bytes(encodeControlMessage(this.profile, message));
  }

  bytes(...chunks: Uint8Array[]): void {
    for (const chunk of chunks) ignore(this.send?.write(chunk));
  }

  end(): void {
    this.send?.end();
  }

  get isOver(): boolean {
    return this.ended !== null || this.stopped !== null;
  }

  next<T extends ControlMessageType>(type: T): Promise<Extract<ControlMessage, { type: T }>> {
    return eventually(
      () => this.received.find((message) => message.type === type) as Extract<ControlMessage, { type: T }> | undefined,
      `${type} on a stream that has ${this.received.map((message) => message.type)} and ended with ${this.ended}`,
    );
  }

  async #read(recv: RecvStream): Promise<void> {
    try {
      for (let chunk = await recv.read(); chunk !== null; chunk = await recv.read()) {
        this.#decoder.push(chunk);
        for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
          this.received.push(next.message);
          this.onMessage?.(next.message);
        }
      }
      this.ended = 'fin';
    } catch (error) {
      this.ended = error instanceof Error && 'code' in error ? `reset ${error.code}` : String(error);
    }
  }
}

/** A request that came from the other side, and where its answer goes. */
export interface RogueRequest<T extends ControlMessageType> {
  readonly message: Extract<ControlMessage, { type: T }>;
  readonly stream: RogueStream;
  /** A request ID that the answer must carry in this draft; to be spread into it. */
  readonly id: { readonly requestId?: bigint };
}

/** A data stream that the other side opened, read to its end. */
export class RogueData {
  readonly chunks: Uint8Array[] = [];
  ended: string | null = null;

  constructor(readonly recv: RecvStream) {
    void this.#read();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async #read(): Promise<void> {
    try {
      for (let chunk = await this.recv.read(); chunk !== null; chunk = await this.recv.read()) this.chunks.push(chunk);
      this.ended = 'fin';
    } catch (error) {
      this.ended = error instanceof Error && 'code' in error ? `reset ${error.code}` : String(error);
    }
  }
}

export interface RogueOptions {
  /** Leaves data streams unread, so that flow control holds them. */
  readonly deaf?: boolean;
}

/**
 * A peer over any transport that keeps to the protocol exactly as far as a test wants: it does SETUP and encodes good
 * messages with the project's encoders, and sends whatever else it is given.
 */
export class RoguePeer {
  readonly profile: DraftProfile;
  readonly closed: Promise<CloseInfo>;
  /** How the transport ended; null while it lives. */
  close: CloseInfo | null = null;
  control!: RogueStream;
  /** Bidirectional streams that the other side opened, but the control stream. */
  readonly streams: RogueStream[] = [];
  readonly data: RogueData[] = [];
  readonly unread: RecvStream[] = [];
  readonly datagrams: Uint8Array[] = [];
  readonly #taken = new Set<ControlMessage>();
  #nextId: bigint;
  readonly #controlOpened: Promise<void>;

  constructor(
    readonly draft: Draft,
    readonly role: 'client' | 'server',
    readonly transport: TransportSession,
    options: RogueOptions = {},
  ) {
    this.profile = profileOf(draft);
    this.#nextId = role === 'client' ? 0n : 1n;
    this.closed = transport.closed;
    void transport.closed.then((info) => {
      this.close = info;
    });
    transport.onDatagram((bytes) => this.datagrams.push(bytes));
    this.#controlOpened = this.#openControl(options);
    this.#controlOpened.catch(() => {});
  }

  get isNative(): boolean {
    return this.profile.features.requests === 'native-bidi';
  }

  /** Opens the control stream where that is ours to do, or waits for it. */
  async opened(): Promise<this> {
    await soon(this.#controlOpened, 'the control stream');
    return this;
  }

  /** SETUP as it should be. */
  async setup(options: SetupOptions = {}): Promise<this> {
    await this.opened();
    this.control.message(this.setupMessage(options));
    return this;
  }

  setupMessage(options: SetupOptions = {}): ControlMessage {
    const { features, versionCode } = this.profile;
    if (this.isNative) return { type: 'SETUP', options };
    const all = { maxRequestId: 10_000n, ...options };
    if (this.role === 'client') {
      return { type: 'CLIENT_SETUP', ...(features.inBandVersions && { versions: [versionCode] }), options: all };
    }
    return { type: 'SERVER_SETUP', ...(features.inBandVersions && { version: versionCode }), options: all };
  }

  /** The other side's SETUP has arrived. */
  async peerSetup(): Promise<void> {
    await eventually(() => this.control.received.length > 0, "the other side's SETUP");
  }

  /** The next Request ID of this side, in sequence. */
  requestId(): bigint {
    const id = this.#nextId;
    this.#nextId += 2n;
    return id;
  }

  /** Where a request of ours goes: a stream of its own, or the control stream. */
  async requestStream(type: ControlMessageType): Promise<RogueStream> {
    const { namespaceSubscriptionStream } = this.profile.features;
    if (this.isNative || (type === 'SUBSCRIBE_NAMESPACE' && namespaceSubscriptionStream)) return this.openBidi();
    return this.control;
  }

  async request(message: ControlMessage): Promise<RogueStream> {
    const stream = await this.requestStream(message.type);
    stream.message(message);
    return stream;
  }

  async openBidi(): Promise<RogueStream> {
    const bidi = await this.transport.openBidi();
    return new RogueStream(this.profile, bidi.send, bidi.recv);
  }

  async openUni(...chunks: Uint8Array[]): Promise<SendStream> {
    const stream = await this.transport.openUni();
    for (const chunk of chunks) ignore(stream.write(chunk));
    return stream;
  }

  /** A data stream from beginning to FIN. */
  async sendUni(...chunks: Uint8Array[]): Promise<SendStream> {
    const stream = await this.openUni(...chunks);
    stream.end();
    return stream;
  }

  /** The next request of this type that the other side made and nobody has taken yet. */
  nextRequest<T extends ControlMessageType>(type: T): Promise<RogueRequest<T>> {
    return eventually(() => {
      for (const stream of [this.control, ...this.streams]) {
        for (const message of stream.received) {
          if (message.type !== type || this.#taken.has(message)) continue;
          this.#taken.add(message);
          const id = this.isNative || !('requestId' in message) ? {} : { requestId: message.requestId as bigint };
          return { message: message as Extract<ControlMessage, { type: T }>, stream, id };
        }
      }
      return undefined;
    }, `a ${type} from the other side`);
  }

  /** The name of the code that the other side closed with; fails when it does not close. */
  async closeName(): Promise<string> {
    const info = await soon(this.closed, 'the other side closed the session');
    if (!info.isApplication) return `transport ${info.by} 0x${info.code.toString(16)} ${info.reason}`;
    return this.profile.codes('session').name(info.code) ?? `0x${info.code.toString(16)}`;
  }

  async leave(): Promise<void> {
    await this.transport.close(0n, '', 500);
  }

  async #openControl(options: RogueOptions): Promise<void> {
    const { transport, profile } = this;
    const onUni = (recv: RecvStream): void => {
      if (options.deaf === true) this.unread.push(recv);
      else this.data.push(new RogueData(recv));
    };
    const onBidi = (bidi: BidiStream): void => {
      this.streams.push(new RogueStream(profile, bidi.send, bidi.recv));
    };
    if (this.isNative) {
      transport.onIncomingBidi(onBidi);
      const send = await transport.openUni();
      const theirs: { recv: RecvStream | null } = { recv: null };
      transport.onIncomingUni((recv) => {
        if (theirs.recv !== null) onUni(recv);
        else {
          theirs.recv = recv;
          this.control = new RogueStream(profile, send, recv);
        }
      });
      this.control ??= new RogueStream(profile, send, null);
      return;
    }
    transport.onIncomingUni(onUni);
    if (this.role === 'client') {
      this.control = await this.openBidi();
      transport.onIncomingBidi(onBidi);
      return;
    }
    await new Promise<void>((resolve) => {
      let isFirst = true;
      transport.onIncomingBidi((bidi) => {
        if (!isFirst) onBidi(bidi);
        else this.control = new RogueStream(profile, bidi.send, bidi.recv);
        isFirst = false;
        resolve();
      });
    });
  }
}

/** A rogue does not care how its writes end. */
export function ignore(backpressure: Promise<void> | undefined): void {
  backpressure?.catch(() => {});
}
