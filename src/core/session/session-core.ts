import type { TransportSession } from '../transport/transport.js';
import { SessionClosed } from '../transport/transport-errors.js';
import { type Clock, systemClock } from '../util/clock.js';
import { deferred } from '../util/deferred.js';
import { withTimeout } from '../util/timeout.js';
import type { ControlMessage } from '../wire/messages/control-message.js';
import type { DraftProfile } from '../wire/profile.js';
import { type SessionErrorName, WireError } from '../wire/wire-error.js';
import { codeFor, nameClose } from './codes.js';
import type { SessionObserver } from './observer.js';
import { cutReason } from './reason.js';
import type {
  GoAwayEvent,
  SessionCloseInfo,
  SessionHandlers,
  SessionLimits,
  SessionOptions,
  SessionTimeouts,
} from './session.js';

export const DEFAULT_LIMITS: SessionLimits = {
  maxRequests: 1000,
  maxEarlyStreams: 256,
  maxEarlyDatagrams: 1024,
  earlyDataMs: 5000,
  maxObjectBytes: 2 ** 32,
  maxPropertiesBytes: 65_536,
  maxTombstones: 1024,
};

const MAX_KEPT_STREAMS = 4;
const MAX_KEPT_BYTES = 256;
// A reason goes into one CONNECTION_CLOSE frame, which must fit a packet.
const MAX_CLOSE_REASON_BYTES = 400;

/**
 * What all parts of a session share: its settings, its counters, and the one place where it ends. The parts register with
 * `onShutdown` and let go of everything when it calls them.
 */
export class SessionCore {
  readonly role: 'client' | 'server';
  readonly transport: TransportSession;
  readonly limits: SessionLimits;
  readonly timeouts: SessionTimeouts;
  /** Null unless the session is traced: whoever has something to tell it looks first. */
  readonly observer: SessionObserver | null;
  /** Read at every request, because engines put theirs here. */
  handlers: SessionHandlers;
  readonly clock: Clock;
  /** Resolves once, however the session ends; never rejects. */
  readonly closed: Promise<SessionCloseInfo>;
  readonly #options: SessionOptions;
  readonly #counters: Record<string, number> = {};
  readonly #shutdownHooks = new Set<(close: SessionCloseInfo) => void>();
  readonly #closed = deferred<SessionCloseInfo>();
  /** The beginnings of streams that came before the peer's SETUP: what it said instead, if it broke the protocol. */
  readonly beforeSetup: Uint8Array[] = [];
  /** The peer's GOAWAY. */
  goAway: GoAwayEvent | null = null;
  #profile: DraftProfile | null;
  #ending: SessionCloseInfo | null = null;

  constructor(
    role: 'client' | 'server',
    transport: TransportSession,
    options: SessionOptions,
    profile: DraftProfile | null,
  ) {
    this.role = role;
    this.transport = transport;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.timeouts = options.timeouts;
    this.handlers = options.handlers ?? {};
    this.clock = options.clock ?? systemClock;
    this.observer = options.observer ?? null;
    this.closed = this.#closed.promise;
    this.#options = options;
    this.#profile = profile;
    void transport.closed.then((info) => {
      const named = nameClose(info, this.#profile, transport.kind);
      const close = this.goAway === null ? named : { ...named, goAway: this.goAway };
      this.#shutdown(close);
      this.observer?.closed(this.#ending ?? close);
      this.#closed.resolve(this.#ending ?? close);
    });
    this.observer?.opened(role, transport);
  }

  get profile(): DraftProfile {
    if (this.#profile === null) throw new Error('no draft has been agreed on yet');
    return this.#profile;
  }

  /** Draft 14 agrees on its version inside SETUP. */
  useProfile(profile: DraftProfile): void {
    this.#profile = profile;
  }

  /** Set as soon as the session begins to end. */
  get ending(): SessionCloseInfo | null {
    return this.#ending;
  }

  assertOpen(): void {
    if (this.#ending !== null) throw new SessionClosed(this.#ending);
  }

  /** Calls `hook` when the session ends; at once if it has. */
  onShutdown(hook: (close: SessionCloseInfo) => void): () => void {
    if (this.#ending !== null) {
      hook(this.#ending);
      return () => {};
    }
    this.#shutdownHooks.add(hook);
    return () => this.#shutdownHooks.delete(hook);
  }

  count(kind: string, by = 1): void {
    this.#counters[kind] = (this.#counters[kind] ?? 0) + by;
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters };
  }

  /** Counts and tells. */
  notice(kind: string, message: string): void {
    this.count(kind);
    this.observer?.notice(kind, message);
    const { onNotice } = this.handlers;
    if (onNotice !== undefined) this.guard('onNotice', () => onNotice({ kind, message }));
  }

  /** Calls a handler of the application. One that throws is counted and told, and takes nothing else down. */
  guard(name: string, call: () => void): boolean {
    try {
      call();
      return true;
    } catch (error) {
      this.count('handler-threw');
      if (name !== 'onNotice') {
        this.notice('handler-threw', `${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
      return false;
    }
  }

  trace(direction: 'sent' | 'received', message: ControlMessage, raw: Uint8Array, streamId: bigint): void {
    this.observer?.controlMessage(direction, message, raw, streamId, this.profile);
    const { onControlMessage } = this.#options;
    if (onControlMessage !== undefined) {
      this.guard('onControlMessage', () => onControlMessage(direction, message, raw, streamId));
    }
  }

  /** The peer broke the protocol: closes the session. Harmless when it is closing already. */
  fail(name: SessionErrorName, reason: string): void {
    void this.close(name, reason);
  }

  /** Keeps the beginning of a stream that came before SETUP. */
  keepForDiagnosis(bytes: Uint8Array): void {
    if (this.beforeSetup.length < MAX_KEPT_STREAMS) this.beforeSetup.push(bytes.slice(0, MAX_KEPT_BYTES));
  }

  /** Closes with the code that a decoder asks for, or INTERNAL_ERROR for an error that is our own fault. */
  failWith(error: unknown): void {
    if (error instanceof SessionClosed) return;
    if (error instanceof WireError) this.fail(error.closeWith, error.message);
    else {
      this.count('internal-error');
      this.fail('INTERNAL_ERROR', error instanceof Error ? error.message : String(error));
    }
  }

  async close(name: SessionErrorName, reason: string): Promise<void> {
    if (this.#ending === null) {
      const code = this.#profile === null ? PREAGREED_CODES[name] : codeFor(this.#profile, 'session', name).code;
      const close = { by: 'local', isApplication: true, code: code ?? 1n, reason, name } as const;
      this.#shutdown(close);
      const { closeMs } = this.timeouts;
      const letGo = this.transport.close(close.code, cutReason(reason, MAX_CLOSE_REASON_BYTES), closeMs);
      // The transport keeps the deadline itself; one that does not must not keep us.
      await withTimeout(letGo, closeMs, () => new Error('deadline'), this.clock).catch(() => {});
      this.observer?.closed(close);
      this.#closed.resolve(close);
    }
    await this.closed;
  }

  #shutdown(close: SessionCloseInfo): void {
    if (this.#ending !== null) return;
    this.#ending = close;
    for (const hook of this.#shutdownHooks) hook(close);
    this.#shutdownHooks.clear();
  }
}

/** Codes that every draft has at the same number, for a session that ends before a draft is agreed on. */
const PREAGREED_CODES: Readonly<Partial<Record<SessionErrorName, bigint>>> = {
  NO_ERROR: 0x0n,
  INTERNAL_ERROR: 0x1n,
  PROTOCOL_VIOLATION: 0x3n,
  CONTROL_MESSAGE_TIMEOUT: 0x11n,
  VERSION_NEGOTIATION_FAILED: 0x15n,
};
