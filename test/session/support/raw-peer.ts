import { establishSession } from '../../../src/core/session/establish.js';
import type { MoqtSession, SessionOptions } from '../../../src/core/session/session.js';
import { type MemoryPairOptions, memoryPair } from '../../../src/core/transport/memory/index.js';
import type {
  BidiStream,
  CloseInfo,
  RecvStream,
  SendStream,
  TransportSession,
} from '../../../src/core/transport/transport.js';
import { ControlDecoder, encodeControlMessage } from '../../../src/core/wire/control-codec.js';
import type { ControlMessage } from '../../../src/core/wire/messages/control-message.js';
import type { SetupOptions } from '../../../src/core/wire/messages/parameters.js';
import type { DraftProfile } from '../../../src/core/wire/profile.js';
import { profileOf, sessionOptions } from './sessions.js';

/** One stream of control messages as a hand-made peer sees it. */
export class RawStream {
  readonly received: ControlMessage[] = [];
  /** `fin`, or `reset <code>`; null while the stream lives. */
  ended: string | null = null;
  readonly #decoder: ControlDecoder;

  constructor(
    private readonly profile: DraftProfile,
    readonly send: SendStream | null,
    readonly recv: RecvStream | null,
  ) {
    this.#decoder = new ControlDecoder(profile);
    if (recv !== null) void this.#read(recv);
  }

  message(message: ControlMessage): void {
    this.bytes(encodeControlMessage(this.profile, message));
  }

  bytes(bytes: Uint8Array): void {
    void this.send?.write(bytes);
  }

  types(): string[] {
    return this.received.map(({ type }) => type);
  }

  async #read(recv: RecvStream): Promise<void> {
    try {
      for (let chunk = await recv.read(); chunk !== null; chunk = await recv.read()) {
        this.#decoder.push(chunk);
        for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
          this.received.push(next.message);
        }
      }
      this.ended = 'fin';
    } catch (error) {
      this.ended = error instanceof Error && 'code' in error ? `reset ${error.code}` : String(error);
    }
  }
}

/** A peer that sends whatever a test makes it send, against a session of ours in the other role. */
export class RawPeer {
  readonly profile: DraftProfile;
  readonly role: 'client' | 'server';
  /** Our session under test; rejects when SETUP fails. */
  readonly session: Promise<MoqtSession>;
  /** How the transport ended, as the peer sees it. */
  readonly closed: Promise<CloseInfo>;
  control!: RawStream;
  /** Request streams that the session opened. */
  readonly requests: RawStream[] = [];
  readonly uni: RecvStream[] = [];
  readonly notices: string[] = [];

  private constructor(
    draft: string,
    role: 'client' | 'server',
    readonly transport: TransportSession,
    ours: TransportSession,
    options: Partial<SessionOptions>,
  ) {
    this.profile = profileOf(draft);
    this.role = role;
    this.closed = transport.closed;
    this.session = establishSession(
      role === 'client' ? 'server' : 'client',
      ours,
      sessionOptions(draft, {
        ...options,
        handlers: { ...options.handlers, onNotice: ({ kind }) => this.notices.push(kind) },
      }),
    );
    this.session.catch(() => {});
  }

  /** A peer whose control stream is open and has sent nothing yet. */
  static async open(
    draft: string,
    role: 'client' | 'server',
    options: Partial<SessionOptions> = {},
    transport: MemoryPairOptions = {},
  ): Promise<RawPeer> {
    const pair = memoryPair({ protocol: profileOf(draft).alpn, ...transport });
    const [mine, ours] = role === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
    const peer = new RawPeer(draft, role, mine, ours, options);
    await peer.#openControl();
    return peer;
  }

  /** A peer that has exchanged SETUP. */
  static async established(
    draft: string,
    role: 'client' | 'server',
    options: Partial<SessionOptions> = {},
    transport: MemoryPairOptions = {},
    setup: SetupOptions = {},
  ): Promise<{ peer: RawPeer; session: MoqtSession }> {
    const peer = await RawPeer.open(draft, role, options, transport);
    peer.sendSetup(setup);
    return { peer, session: await peer.session };
  }

  get isNative(): boolean {
    return this.profile.features.requests === 'native-bidi';
  }

  sendSetup(options: SetupOptions = {}): void {
    const { features, versionCode } = this.profile;
    const credit = this.isNative ? {} : { maxRequestId: 1000n };
    const all = { ...credit, ...options };
    if (this.isNative) this.control.message({ type: 'SETUP', options: all });
    else if (this.role === 'client') {
      const versions = features.inBandVersions ? { versions: [versionCode] } : {};
      this.control.message({ type: 'CLIENT_SETUP', ...versions, options: all });
    } else {
      const version = features.inBandVersions ? { version: versionCode } : {};
      this.control.message({ type: 'SERVER_SETUP', ...version, options: all });
    }
  }

  /** Where a request of the peer's goes: a new stream, or the control stream. */
  async request(message: ControlMessage): Promise<RawStream> {
    const ownStream =
      this.isNative || (message.type === 'SUBSCRIBE_NAMESPACE' && this.profile.features.namespaceSubscriptionStream);
    const stream = ownStream ? await this.openBidi() : this.control;
    stream.message(message);
    return stream;
  }

  async openBidi(): Promise<RawStream> {
    const bidi = await this.transport.openBidi();
    return new RawStream(this.profile, bidi.send, bidi.recv);
  }

  async openUni(...chunks: Uint8Array[]): Promise<SendStream> {
    const stream = await this.transport.openUni();
    for (const chunk of chunks) void stream.write(chunk);
    return stream;
  }

  async #openControl(): Promise<void> {
    const { transport, profile } = this;
    if (this.isNative) {
      transport.onIncomingBidi((bidi) => this.#onBidi(bidi));
      const send = await transport.openUni();
      let first = true;
      transport.onIncomingUni((recv) => {
        if (!first) this.uni.push(recv);
        else this.control = new RawStream(profile, send, recv);
        first = false;
      });
      this.control = new RawStream(profile, send, null);
      return;
    }
    transport.onIncomingUni((recv) => void this.uni.push(recv));
    if (this.role === 'client') {
      this.control = await this.openBidi();
      transport.onIncomingBidi((bidi) => this.#onBidi(bidi));
      return;
    }
    await new Promise<void>((resolve) => {
      let first = true;
      transport.onIncomingBidi((bidi) => {
        if (!first) this.#onBidi(bidi);
        else {
          this.control = new RawStream(profile, bidi.send, bidi.recv);
          resolve();
        }
        first = false;
      });
    });
  }

  #onBidi(bidi: BidiStream): void {
    this.requests.push(new RawStream(this.profile, bidi.send, bidi.recv));
  }
}

/** The name of the code with which the session closed the transport, seen from the peer. */
export async function closeNameAtPeer(peer: RawPeer): Promise<string> {
  const { code } = await peer.closed;
  return peer.profile.codes('session').name(code) ?? `0x${code.toString(16)}`;
}
