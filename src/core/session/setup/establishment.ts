import { MoqtError } from '../../errors/moqt-error.js';
import type { BidiStream, RecvStream } from '../../transport/transport.js';
import { StreamReset } from '../../transport/transport-errors.js';
import { deferred, ignorable } from '../../util/deferred.js';
import { afterTurn } from '../../util/turn.js';
import type { ControlMessage } from '../../wire/messages/control-message.js';
import type { SetupOptions } from '../../wire/messages/parameters.js';
import type { DraftProfile } from '../../wire/profile.js';
import { EncodeError } from '../../wire/wire-error.js';
import { nameCode } from '../codes.js';
import type { SessionContext } from '../context.js';
import { DataPlane } from '../data/data-streams.js';
import { FetchTable } from '../fetch/fetch-table.js';
import { GoAwayState } from '../goaway.js';
import { EstablishedSession } from '../moqt-session.js';
import { LegacyNamespaces } from '../namespaces/legacy-namespaces.js';
import { NamespacePrefixes } from '../namespaces/namespace-prefixes.js';
import { endlessControl, failSoon, MessageReader, MessageWriter, watchControl } from '../requests/control-stream.js';
import { MuxedRequests } from '../requests/muxed-requests.js';
import { NativeRequests } from '../requests/native-requests.js';
import { RequestRouter } from '../requests/request-router.js';
import { firstMessage, HeldRequests } from '../requests/request-streams.js';
import { isRequest } from '../requests/stream-exchange.js';
import type { MoqtSession, SessionOptions } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { encodeFailure } from '../session-errors.js';
import { TokenCache } from '../tokens.js';
import { Publications } from '../tracks/publications.js';
import { Subscriptions } from '../tracks/subscriptions.js';
import { foreignSetup } from './foreign-setup.js';
import { checkPeerSetup, type Negotiation, ownSetup, selectVersion } from './setup.js';
import { type SetupAttempt, setupError, setupTimeout, versionMismatch } from './setup-error.js';

/** The parts of a session while SETUP is under way. */
export class Establishment {
  readonly peerSetup: Promise<SetupOptions>;
  readonly #peerSetup = deferred<SetupOptions>();
  readonly #data: DataPlane;
  readonly #fetches: FetchTable;
  readonly #router: RequestRouter;
  readonly #tokens: TokenCache;
  readonly #held: HeldRequests;
  readonly #profile: DraftProfile;
  #writer: MessageWriter | null = null;
  #reader: MessageReader | null = null;
  #goAways: GoAwayState | null = null;
  #channel: MuxedRequests | NativeRequests | null = null;
  #failure: Error | null = null;
  /** The peer's SETUP, its tokens resolved. */
  #received: SetupOptions | null = null;

  constructor(
    private readonly core: SessionCore,
    private readonly options: SessionOptions,
    private readonly negotiation: Negotiation,
  ) {
    this.#profile = negotiation.profile;
    this.peerSetup = ignorable(this.#peerSetup.promise);
    this.#held = new HeldRequests(core, this.#profile);
    this.#fetches = new FetchTable(core);
    this.#tokens = new TokenCache(core, Number(options.setup?.maxAuthTokenCacheSize ?? 0n));
    this.#router = new RequestRouter(this.#tokens, () => this.#goAways?.isSent ?? false);
    const onControl = this.#isNative ? this.#onControlStream.bind(this) : null;
    this.#data = new DataPlane(core, this.#fetches, onControl);
    core.onShutdown((close) => this.#peerSetup.reject(this.#failure ?? setupError(core, close, this.#attempt())));
  }

  /** Sends our SETUP where we may, and begins to look for the peer's. */
  begin(): void {
    this.#data.start();
    this.core.transport.onDrain(() => this.core.notice('transport-drain', 'the peer asks to end the session soon'));
    this.core.transport.onIncomingBidi((bidi) => void this.#onBidi(bidi));
    if (this.#isNative) void this.#openUniControl();
    else if (this.core.role === 'client') void this.#openBidiControl();
  }

  async timedOut(ms: number): Promise<void> {
    if (this.#peerSetup.settled) return;
    await this.#data.keepUnread();
    if (this.#peerSetup.settled) return;
    const { core } = this;
    const known = core.beforeSetup.map((bytes) => foreignSetup(bytes, this.#profile)).find(({ isKnown }) => isKnown);
    if (known === undefined) this.#failure = setupTimeout(ms, this.#attempt());
    core.fail(known === undefined ? 'CONTROL_MESSAGE_TIMEOUT' : 'PROTOCOL_VIOLATION', `no SETUP within ${ms} ms`);
  }

  /** Both SETUPs have been exchanged: everything that waited for that is let in. */
  finish(peerSetup: SetupOptions, setupMs: number): MoqtSession {
    const { core } = this;
    const writer = this.#writer as MessageWriter;
    const reader = this.#reader as MessageReader;
    const channel = this.#isNative
      ? new NativeRequests(core, this.#router)
      : new MuxedRequests(core, writer, peerSetup.maxRequestId ?? 0n, this.#router);
    this.#channel = channel;
    const context: SessionContext = {
      core,
      channel,
      data: this.#data,
      publications: new Publications(),
      subscriptions: new Subscriptions(),
      fetches: this.#fetches,
      prefixes: new NamespacePrefixes(),
      legacyNamespaces: new LegacyNamespaces(core),
    };
    this.#router.bind(context);
    this.#fetches.bind(channel);
    const goAways = new GoAwayState(core, channel, (message) => writer.write(message));
    this.#goAways = goAways;
    core.onShutdown((close) => channel.shutdown(close));
    core.observer?.established(core.profile);
    const session = new EstablishedSession(context, goAways, peerSetup, setupMs);
    // After the caller has had the session in hand, so that it can attach what a request of the peer's needs.
    afterTurn(() => {
      if (core.ending !== null) return;
      this.#data.ready();
      void reader.run(
        endlessControl(core, (message) => this.#onControl(message)),
        writer,
      );
      this.#held.release();
    });
    return session;
  }

  get #isNative(): boolean {
    return this.#profile.features.requests === 'native-bidi';
  }

  #onControl(message: ControlMessage): void {
    if (message.type === 'GOAWAY') this.#goAways?.onMessage(message);
    else if (this.#channel instanceof MuxedRequests) this.#channel.onMessage(message);
    else this.core.fail('PROTOCOL_VIOLATION', `${message.type} does not belong on the control stream`);
  }

  /** From 17 on each side opens one unidirectional control stream. */
  async #openUniControl(): Promise<void> {
    try {
      const stream = await this.core.transport.openUni();
      this.#writer = new MessageWriter(this.core, stream);
      watchControl(this.core, stream);
      this.#writer.write({ type: 'SETUP', options: this.#ownSetup() });
      this.#complete();
    } catch (error) {
      this.#abort(error);
    }
  }

  /** To 16 the client opens the one bidirectional control stream, before any other stream. */
  async #openBidiControl(): Promise<void> {
    try {
      const bidi = await this.core.transport.openBidi();
      this.#writer = new MessageWriter(this.core, bidi.send);
      watchControl(this.core, bidi.send);
      const { inBand } = this.negotiation;
      const versions = inBand.length > 0 ? { versions: inBand.map(({ versionCode }) => versionCode) } : {};
      this.#writer.write({ type: 'CLIENT_SETUP', ...versions, options: this.#ownSetup() });
      this.#reader = new MessageReader(this.core, this.#profile, bidi.recv);
      await this.#readSetup(this.#reader, 'SERVER_SETUP');
    } catch (error) {
      this.#abort(error);
    }
  }

  /** The peer's control stream (17+), found among its unidirectional streams. */
  #onControlStream(stream: RecvStream, bytes: Uint8Array): void {
    if (this.#reader !== null) {
      this.core.fail('PROTOCOL_VIOLATION', 'a second control stream');
      return;
    }
    this.#reader = new MessageReader(this.core, this.#profile, stream);
    this.#reader.prepend(bytes);
    void this.#readSetup(this.#reader, 'SETUP').catch((error) => this.#abort(error));
  }

  /** A bidirectional stream of the peer's: a request, or to 16 the client's control stream. */
  async #onBidi(bidi: BidiStream): Promise<void> {
    const { core } = this;
    const { features } = this.#profile;
    const mayBeControl = !this.#isNative && core.role === 'server' && this.#reader === null;
    if (!this.#isNative && !features.namespaceSubscriptionStream && !mayBeControl) {
      core.fail('PROTOCOL_VIOLATION', 'a second bidirectional stream');
      return;
    }
    const reader = new MessageReader(core, this.#profile, bidi.recv);
    const isControlCandidate = mayBeControl && !features.namespaceSubscriptionStream;
    if (isControlCandidate) this.#reader = reader;
    const first = await firstMessage(core, this.#profile, bidi, reader);
    if (first === null || core.ending !== null) return;
    if (first.type === 'CLIENT_SETUP' && !this.#isNative && core.role === 'server') {
      if (this.#writer !== null) core.fail('PROTOCOL_VIOLATION', 'a second control stream');
      else this.#acceptControl(bidi, reader, first.versions, first.options);
      return;
    }
    if (!isRequest(first) || isControlCandidate) {
      core.fail('PROTOCOL_VIOLATION', `a bidirectional stream begins with ${first.type}`);
      return;
    }
    this.#held.whenReady(bidi, () => this.#channel?.acceptStream(bidi, first, reader));
  }

  /** CLIENT_SETUP arrived: the server chooses and answers. */
  #acceptControl(
    bidi: BidiStream,
    reader: MessageReader,
    versions: readonly bigint[] | undefined,
    options: SetupOptions,
  ): void {
    const { core } = this;
    const { inBand } = this.negotiation;
    this.#reader = reader;
    let version = {};
    if (inBand.length > 0) {
      const selected = selectVersion(versions, inBand);
      if (selected === undefined) {
        const offered = versions?.map((code) => `0x${code.toString(16)}`).join(', ');
        this.#failure = new MoqtError('MOQT_E_VERSION', `the client offers only the versions ${offered}`, {
          stage: 'setup',
          cause: 'setup.version',
        });
        core.fail('VERSION_NEGOTIATION_FAILED', 'no common version');
        return;
      }
      core.useProfile(selected);
      version = { version: selected.versionCode };
    }
    this.#writer = new MessageWriter(core, bidi.send);
    watchControl(core, bidi.send);
    this.#writer.write({ type: 'SERVER_SETUP', ...version, options: this.#ownSetup() });
    this.#onPeerSetup(options);
  }

  /** The first message of a control stream must be SETUP. */
  async #readSetup(reader: MessageReader, expected: 'SERVER_SETUP' | 'SETUP'): Promise<void> {
    const { core } = this;
    const message = await reader.first((bytes) => core.keepForDiagnosis(bytes));
    // The close that follows says why; if none does, it is the end of the stream.
    if (message === null) failSoon(core, 'the peer closed its control stream');
    else if (message.type !== expected) core.fail('PROTOCOL_VIOLATION', `${message.type} where ${expected} was due`);
    else if (message.type === 'SERVER_SETUP' && !this.#acceptVersion(message.version)) {
      this.#failure = versionMismatch(message.version, this.negotiation.inBand, this.#attempt());
      core.fail('VERSION_NEGOTIATION_FAILED', 'the server chose a version that was not offered');
    } else this.#onPeerSetup((message as { options: SetupOptions }).options);
  }

  #acceptVersion(version: bigint | undefined): boolean {
    const { inBand } = this.negotiation;
    if (inBand.length === 0) return true;
    const selected = inBand.find(({ versionCode }) => versionCode === version);
    if (selected !== undefined) this.core.useProfile(selected);
    return selected !== undefined;
  }

  #onPeerSetup(options: SetupOptions): void {
    if (!checkPeerSetup(this.core, options)) return;
    const outcome = this.#tokens.setup(options.authorizationTokens);
    if (outcome.kind === 'closed') return;
    const tokens = outcome.kind === 'ok' ? outcome.tokens : [];
    this.#received = options.authorizationTokens === undefined ? options : { ...options, authorizationTokens: tokens };
    this.#complete();
  }

  /** Ours has been sent and theirs has come. */
  #complete(): void {
    if (this.#received !== null && this.#writer !== null) this.#peerSetup.resolve(this.#received);
  }

  #attempt(): SetupAttempt {
    const { transport, beforeSetup } = this.core;
    const { path, authority } = this.#ownSetup();
    const reset = this.#data.resetBeforeSetup;
    return {
      draft: this.#profile.draft,
      protocol: transport.protocol,
      path: path ?? transport.http?.path,
      authority: authority ?? transport.http?.authority,
      unexpected: beforeSetup[0] ?? null,
      ...(reset === null ? {} : { reset: nameCode(this.#profile, 'stream-reset', reset) }),
    };
  }

  #ownSetup(): SetupOptions {
    return ownSetup(this.core.transport, this.#profile, this.options);
  }

  #abort(error: unknown): void {
    if (error instanceof StreamReset) failSoon(this.core, 'the peer reset its control stream');
    else {
      if (error instanceof EncodeError) this.#failure = encodeFailure('setup', this.#profile, error);
      this.core.failWith(error);
    }
  }
}
