import type { MoqtSession, SessionHandlers } from '../session/session.js';
import { type Clock, systemClock } from '../util/clock.js';
import type { FullTrackName, TrackNamespace } from '../wire/full-track-name.js';
import { trackKey } from '../wire/full-track-name.js';
import type { AuthorizationToken } from '../wire/messages/parameters.js';
import { BufferBudget } from './buffer-budget.js';
import { Caps } from './caps.js';
import type { RelayContext } from './context.js';
import type { RelayEventHandler } from './events.js';
import { NamespaceTree } from './namespace-tree.js';
import { GOING_AWAY, Peer } from './peer.js';
import { DEFAULT_POLICY, type RelayPolicy } from './policy.js';
import { Tally } from './tally.js';
import { RelayTrack } from './track.js';
import type { Watcher } from './watcher.js';

export interface RelayCoreOptions {
  readonly policy?: Partial<RelayPolicy>;
  readonly clock?: Clock;
  /** Whether tokens that came with a request are good; absent: none is asked for, and all are. */
  readonly authorizes?: (tokens: readonly AuthorizationToken[]) => boolean;
  /** Must not throw. */
  readonly onEvent?: RelayEventHandler;
}

/** A place for a session that is being set up: its handlers hold back requests until the session is attached. */
export interface Seat {
  /** For the session's options. */
  readonly handlers: SessionHandlers;
  /** The session is established and welcome. Requests that came meanwhile are handled now. */
  attach(session: MoqtSession): void;
  /** It never came, or is not welcome. Idempotent; harmless once attached. */
  vacate(): void;
}

/**
 * A relay over sessions that others establish: whatever their transport and draft. It has no sockets and no certificates.
 */
export class RelayCore implements RelayContext {
  readonly policy: RelayPolicy;
  readonly clock: Clock;
  readonly tally = new Tally();
  readonly caps: Caps;
  readonly budget: BufferBudget;
  readonly emit: RelayEventHandler;
  readonly namespaces = new NamespaceTree<Peer, Watcher>();
  readonly #tracks = new Map<string, RelayTrack>();
  readonly #trackTree = new NamespaceTree<RelayTrack, never>();
  readonly #peers = new Set<Peer>();
  readonly #authorizes: RelayCoreOptions['authorizes'];
  #seats = 0;
  #lastId = 0;
  #draining = false;
  #allClosed: (() => void)[] = [];

  constructor(options: RelayCoreOptions = {}) {
    this.policy = { ...DEFAULT_POLICY, ...options.policy };
    this.clock = options.clock ?? systemClock;
    this.emit = this.#guarded(options.onEvent);
    this.#authorizes = options.authorizes;
    this.caps = new Caps(this.clock, this.emit);
    this.budget = new BufferBudget(this.policy.maxBufferBytes, () => this.#relieve());
  }

  /** A hook of the owner that throws must not cost a session: it would be thrown amid the work of one. */
  #guarded(onEvent: RelayEventHandler | undefined): RelayEventHandler {
    return (event) => {
      try {
        onEvent?.(event);
      } catch {
        this.tally.hookErrors++;
      }
    };
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** No more sessions are taken; asking counts as an attempt at one. */
  refusesSession(): boolean {
    if (this.#seats < this.policy.maxSessions) return false;
    this.caps.hit('max-sessions', this.policy.maxSessions);
    return true;
  }

  authorizes(tokens: readonly AuthorizationToken[] | undefined): boolean {
    return tokens === undefined || this.#authorizes === undefined || this.#authorizes(tokens);
  }

  get peers(): ReadonlySet<Peer> {
    return this.#peers;
  }

  /** A place for one more session; null, and counted, when the relay is full. */
  seat(): Seat | null {
    if (this.refusesSession()) return null;
    this.#seats++;
    let peer: Peer | null = null;
    let vacant = false;
    const early: ((handlers: SessionHandlers) => void)[] = [];
    const hold =
      <A>(pick: (handlers: SessionHandlers) => ((argument: A) => void) | undefined) =>
      (argument: A): void => {
        if (peer !== null) pick(peer.handlers)?.(argument);
        else if (!vacant) early.push((handlers) => pick(handlers)?.(argument));
      };
    const vacate = (): void => {
      if (vacant) return;
      vacant = true;
      early.length = 0;
      this.#seats--;
    };
    return {
      handlers: {
        onSubscribe: hold((handlers) => handlers.onSubscribe),
        onPublish: hold((handlers) => handlers.onPublish),
        onFetch: hold((handlers) => handlers.onFetch),
        onTrackStatus: hold((handlers) => handlers.onTrackStatus),
        onPublishNamespace: hold((handlers) => handlers.onPublishNamespace),
        onSubscribeNamespace: hold((handlers) => handlers.onSubscribeNamespace),
        onNotice: hold((handlers) => handlers.onNotice),
      },
      attach: (session) => {
        peer = this.#welcome(session, vacate);
        for (const replay of early.splice(0)) replay(peer.handlers);
      },
      vacate: () => {
        if (peer === null) vacate();
      },
    };
  }

  track(name: FullTrackName): RelayTrack | null {
    const key = trackKey(name);
    const known = this.#tracks.get(key);
    if (known !== undefined) return known;
    if (this.#tracks.size >= this.policy.maxTracks) {
      this.caps.hit('max-tracks', this.policy.maxTracks);
      return null;
    }
    const track = new RelayTrack(this, name);
    this.#tracks.set(key, track);
    this.#trackTree.publish(name.namespace, track);
    return track;
  }

  knownTrack(name: FullTrackName): RelayTrack | undefined {
    return this.#tracks.get(trackKey(name));
  }

  tracksBelow(prefix: TrackNamespace): RelayTrack[] {
    return [...this.#trackTree.below(prefix)].flatMap(({ publishers }) => [...publishers]);
  }

  forget(track: RelayTrack): void {
    if (this.#tracks.get(track.key) === track) this.#tracks.delete(track.key);
    this.#trackTree.withdraw(track.name.namespace, track);
  }

  background(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.report(error));
  }

  report(error: unknown): void {
    this.tally.internalErrors++;
    this.emit({
      type: 'internal-error',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }

  counters(): Record<string, number> {
    return {
      openSessions: this.#peers.size,
      openTracks: this.#tracks.size,
      bufferedBytes: this.budget.used,
      ...this.tally.snapshot(),
      ...this.caps.snapshot(),
    };
  }

  /**
   * Sends GOAWAY to everybody and refuses what is new. Resolves when all sessions have ended, at the latest after
   * `timeoutMs`; those that are left then are closed.
   */
  async drain(newSessionUri: string, timeoutMs: number): Promise<void> {
    if (!this.#draining) {
      this.#draining = true;
      this.emit({ type: 'draining', sessions: this.#peers.size });
      for (const { session } of this.#peers) session.goAway(newSessionUri, timeoutMs);
      for (const track of [...this.#tracks.values()]) track.admission.refuseAll(GOING_AWAY);
    }
    let timer: { cancel(): void } | undefined;
    await new Promise<void>((resolve) => {
      if (this.#peers.size === 0) resolve();
      else {
        this.#allClosed.push(resolve);
        timer = this.clock.after(timeoutMs, resolve);
      }
    });
    timer?.cancel();
    await this.#closeAll('GOAWAY_TIMEOUT', 'the relay has gone away');
  }

  /** Closes every session. */
  async close(): Promise<void> {
    this.#draining = true;
    await this.#closeAll('NO_ERROR', '');
  }

  async #closeAll(code: 'NO_ERROR' | 'GOAWAY_TIMEOUT', reason: string): Promise<void> {
    await Promise.all([...this.#peers].map(({ session }) => session.close(code, reason)));
  }

  #welcome(session: MoqtSession, vacate: () => void): Peer {
    const id = ++this.#lastId;
    const peer = new Peer(this, id, session);
    this.#peers.add(peer);
    this.tally.countSession(session.transport.kind);
    const { host, port } = session.transport.remote;
    this.emit({
      type: 'session-opened',
      session: id,
      draft: session.profile.draft,
      transport: session.transport.kind,
      remote: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
      implementation: session.peerSetup.implementation,
    });
    this.background(
      session.closed.then(({ by, name, reason }) => {
        peer.close();
        this.#peers.delete(peer);
        vacate();
        this.emit({ type: 'session-closed', session: id, by, code: name, reason });
        if (this.#peers.size === 0) for (const tell of this.#allClosed.splice(0)) tell();
      }),
    );
    return peer;
  }

  /** Memory is full: caches go first, then the subscriptions that hold most, until a quarter is free. */
  #relieve(): void {
    this.caps.hit('max-buffer', this.policy.maxBufferBytes);
    const enough = this.policy.maxBufferBytes * 0.75;
    for (const track of this.#tracks.values()) {
      track.store.cache.evictAll();
      if (this.budget.used <= enough) return;
    }
    const held = [...this.#tracks.values()]
      .flatMap((track) => [...track.downstreams])
      .map((downstream) => ({ downstream, bytes: downstream.backlog }))
      .sort((a, b) => b.bytes - a.bytes);
    for (const { downstream } of held) {
      if (this.budget.used <= enough) return;
      downstream.cut('TOO_FAR_BEHIND', 'the relay is out of memory for slow subscribers');
    }
  }
}
