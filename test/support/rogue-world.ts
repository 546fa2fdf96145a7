import type { RelayEvent } from '../../src/core/relay/events.js';
import type { RelayPolicy } from '../../src/core/relay/policy.js';
import type { ServeRelayOptions } from '../../src/core/relay/serve-options.js';
import { type Relay, serveRelay } from '../../src/core/relay/serve-relay.js';
import { establishSession } from '../../src/core/session/establish.js';
import type {
  IncomingSubgroup,
  MoqtSession,
  Publication,
  SessionCloseInfo,
  SessionOptions,
} from '../../src/core/session/session.js';
import { listenQuic, quicTransport } from '../../src/core/transport/quic/index.js';
import type { ConnectOptions, Listener, ListenOptions, TransportSession } from '../../src/core/transport/transport.js';
import { webtransportTransport } from '../../src/core/transport/webtransport/index.js';
import { PROFILES } from '../../src/core/wire/drafts/index.js';
import type { FullTrackName } from '../../src/core/wire/full-track-name.js';
import { loopbackCertificate } from './loopback.js';
import { randomBytes } from './random.js';
import { type Draft, profileOf, type RogueOptions, RoguePeer } from './rogue-peer.js';
import { eventually, soon } from './wait.js';

const TIMEOUTS = { setupMs: 5000, requestMs: 5000, closeMs: 1000 };
const ALPN = PROFILES.map(({ alpn }) => alpn);

export function trackName(path: string): FullTrackName {
  const fields = path.split('/').map((field) => Buffer.from(field));
  return { namespace: fields.slice(0, -1), name: fields.at(-1) as Uint8Array };
}

/** Connects raw QUIC to a port on loopback, trusting the test certificate. */
export async function dial(
  port: number,
  draft: Draft,
  options: Partial<ConnectOptions> = {},
): Promise<TransportSession> {
  const { sha256 } = await loopbackCertificate();
  return quicTransport.connect(
    { host: '127.0.0.1', port, path: '' },
    {
      alpn: [profileOf(draft).alpn],
      verify: { kind: 'pins', sha256: [sha256] },
      connectTimeoutMs: 5000,
      idleTimeoutMs: 30_000,
      ...options,
    },
  );
}

/** The same over WebTransport; 14 has no protocol string. */
export async function dialWebTransport(port: number, draft: Draft): Promise<TransportSession> {
  const { sha256 } = await loopbackCertificate();
  const { webtransportProtocol } = profileOf(draft);
  return webtransportTransport.connect(
    { host: '127.0.0.1', port, path: '/' },
    {
      alpn: webtransportProtocol === null ? [] : [webtransportProtocol],
      verify: { kind: 'pins', sha256: [sha256] },
      connectTimeoutMs: 5000,
      idleTimeoutMs: 30_000,
    },
  );
}

/** A server on a free port whose sessions are rogues. Clients connect one after the other. */
export class RogueServer {
  readonly #waiting: ((session: TransportSession) => void)[] = [];
  readonly #sessions: TransportSession[] = [];
  readonly #clients: MoqtSession[] = [];

  private constructor(readonly listener: Listener) {}

  static async start(options: Partial<ListenOptions> = {}): Promise<RogueServer> {
    const { certPem, keyPem } = await loopbackCertificate();
    const arrived: { take: ((session: TransportSession) => void) | null } = { take: null };
    const listener = await listenQuic(
      { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: ALPN, idleTimeoutMs: 30_000, ...options },
      (session) => arrived.take?.(session),
    );
    const server = new RogueServer(listener);
    arrived.take = (session) => {
      const taker = server.#waiting.shift();
      if (taker === undefined) server.#sessions.push(session);
      else taker(session);
    };
    return server;
  }

  get port(): number {
    return this.listener.address.port;
  }

  /** The next session that a client opens. */
  async accept(draft: Draft, options?: RogueOptions): Promise<RoguePeer> {
    const early = this.#sessions.shift();
    const session =
      early ??
      (await soon(new Promise<TransportSession>((resolve) => this.#waiting.push(resolve)), 'a client connected'));
    return new RoguePeer(draft, 'server', session, options);
  }

  /** A client session of ours under test, and the rogue that it talks to, which has sent nothing. */
  async meet(
    draft: Draft,
    options: Partial<SessionOptions> & { readonly rogue?: RogueOptions } = {},
  ): Promise<{ peer: RoguePeer; session: Promise<MoqtSession> }> {
    const [transport, peer] = await Promise.all([dial(this.port, draft), this.accept(draft, options.rogue)]);
    const session = establishSession('client', transport, {
      profiles: [profileOf(draft)],
      timeouts: TIMEOUTS,
      ...options,
    });
    session.then(
      (established) => this.#clients.push(established),
      () => {},
    );
    await peer.opened();
    return { peer, session };
  }

  /** The same after a SETUP without fault. */
  async established(
    draft: Draft,
    options: Partial<SessionOptions> & { readonly rogue?: RogueOptions } = {},
  ): Promise<{ peer: RoguePeer; session: MoqtSession }> {
    const { peer, session } = await this.meet(draft, options);
    await peer.setup();
    return { peer, session: await session };
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((session) => session.close()));
    await this.listener.close({ closeSessions: { code: 0n, reason: '' } });
  }
}

/** A relay in this process on a real socket, and a publisher and a subscriber that must never notice what others do. */
export class RelayUnderTest {
  readonly #members: MoqtSession[] = [];
  readonly #rogues: RoguePeer[] = [];
  #bystanders: Bystanders | null = null;

  private constructor(
    readonly relay: Relay,
    readonly events: readonly RelayEvent[],
  ) {}

  static async start(policy: Partial<RelayPolicy> = {}, options: ServeRelayOptions = {}): Promise<RelayUnderTest> {
    const { certPem, keyPem } = await loopbackCertificate();
    const events: RelayEvent[] = [];
    const onEvent = (event: RelayEvent): void => void events.push(event);
    const relay = new RelayUnderTest(
      await serveRelay({ port: 0, certPem, keyPem, policy, onEvent, ...options }),
      events,
    );
    relay.#bystanders = await Bystanders.join(relay);
    return relay;
  }

  get port(): number {
    return Number(new URL(this.relay.urls[0] as string).port);
  }

  /** A well-behaved client. */
  async member(
    draft: Draft,
    options: Partial<SessionOptions> = {},
    connect: Partial<ConnectOptions> = {},
  ): Promise<MoqtSession> {
    const session = await establishSession('client', await dial(this.port, draft, connect), {
      profiles: [profileOf(draft)],
      timeouts: TIMEOUTS,
      ...options,
    });
    this.#members.push(session);
    return session;
  }

  /** A client that has opened its control stream and sent nothing. */
  async rogue(draft: Draft, options: RogueOptions = {}, connect: Partial<ConnectOptions> = {}): Promise<RoguePeer> {
    const peer = new RoguePeer(draft, 'client', await dial(this.port, draft, connect), options);
    this.#rogues.push(peer);
    return peer.opened();
  }

  async establishedRogue(
    draft: Draft,
    options: RogueOptions = {},
    connect: Partial<ConnectOptions> = {},
  ): Promise<RoguePeer> {
    const peer = await this.rogue(draft, options, connect);
    await peer.setup();
    await peer.peerSetup();
    return peer;
  }

  /** The bystanders' data still goes through, byte for byte. */
  async isolates(): Promise<void> {
    await (this.#bystanders as Bystanders).exchange();
  }

  counter(name: string): number {
    return this.relay.counters()[name] ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.#members.map((session) => session.close()),
      ...this.#rogues.map((peer) => peer.leave()),
    ]);
    await this.relay.close();
  }
}

const OBJECTS_PER_ROUND = 5;

/** Publisher and subscriber of one track, on different drafts, through the relay under test. */
class Bystanders {
  readonly #received = new Map<bigint, Buffer[]>();
  readonly #ended = new Set<bigint>();
  #closed: SessionCloseInfo | null = null;
  #group = 0n;

  private constructor(private readonly publication: Publication) {}

  static async join(relay: RelayUnderTest): Promise<Bystanders> {
    const track = trackName('bystanders/track');
    const publishing: { publication: Publication | null } = { publication: null };
    const publisher = await relay.member('18', {
      handlers: {
        onSubscribe: (request) => {
          publishing.publication = request.accept();
        },
      },
    });
    await publisher.publishNamespace(track.namespace);
    const subscriber = await relay.member('16');
    const early: IncomingSubgroup[] = [];
    const taking = { take: (stream: IncomingSubgroup): void => void early.push(stream) };
    await subscriber.subscribe(
      track,
      {},
      {
        onSubgroup: (stream) => taking.take(stream),
        onDatagram: () => {},
      },
    );
    const publication = await eventually(() => publishing.publication ?? undefined, 'the bystanders are subscribed');
    const bystanders = new Bystanders(publication);
    taking.take = (stream) => bystanders.onSubgroup(stream);
    for (const stream of early) bystanders.onSubgroup(stream);
    for (const session of [publisher, subscriber]) {
      void session.closed.then((close) => {
        bystanders.#closed = close;
      });
    }
    return bystanders;
  }

  async exchange(): Promise<void> {
    const group = this.#group++;
    const objects = Array.from({ length: OBJECTS_PER_ROUND }, (_, i) => randomBytes(1000 + i, Number(group) * 10 + i));
    const stream = await this.publication.openSubgroup({ group, subgroup: 0n, hasProperties: false });
    for (const [i, payload] of objects.entries()) await stream.writeObject({ object: BigInt(i) }, payload);
    stream.end();
    await eventually(
      () => this.#ended.has(group) || this.#closed !== null,
      `group ${group} of the bystanders (has ${this.#received.get(group)?.length} pieces)`,
    );
    if (this.#closed !== null)
      throw new Error(`a bystander's session ended: ${this.#closed.name} ${this.#closed.reason}`);
    if (!Buffer.concat(this.#received.get(group) ?? []).equals(Buffer.concat(objects))) {
      throw new Error(`group ${group} of the bystanders arrived changed`);
    }
    this.#received.delete(group);
  }

  onSubgroup(stream: IncomingSubgroup): void {
    const { group } = stream.header;
    const chunks: Buffer[] = [];
    this.#received.set(group, chunks);
    const read = async (): Promise<void> => {
      for (let fragments = await stream.read(); fragments !== null; fragments = await stream.read()) {
        for (const { bytes } of fragments) chunks.push(Buffer.from(bytes));
      }
      this.#ended.add(group);
    };
    read().catch((error: unknown) => chunks.push(Buffer.from(`broken: ${error}`)));
  }
}
