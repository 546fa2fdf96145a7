import { MoqtError } from '../errors/moqt-error.js';
import { connect } from '../session/connect/connect.js';
import type { ConnectPlan } from '../session/connect/connect-plan.js';
import type { ConnectSettings, ConnectStage } from '../session/connect/connect-settings.js';
import { needsBootstrap } from '../session/connect/connect-trust.js';
import type { ConnectEvent } from '../transport/transport.js';
import type { Observations } from './observations.js';

export interface LookSetup {
  readonly plan: ConnectPlan;
  readonly settings: ConnectSettings;
  /** What the look sees, unless it was for nothing. */
  readonly seen: Observations;
  /** Milliseconds since the probe began. */
  readonly elapsed: () => number;
  /** Called when it begins. */
  readonly onBegin: () => void;
  /** Whether an error is of the command line or of moqt itself, so that the network has nothing to say of it. */
  readonly isOurs: (error: MoqtError) => boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Whether a relay is there at all, for an http:// URL whose certificate hash cannot be had over TCP. The handshake is done
 * with a hash that fits no certificate, so that nothing of ours goes beyond it. It begins when the hash has failed, or while
 * that is still awaited and half of the time is over: the verdict keeps within the deadline.
 */
export class LookWithoutHash {
  readonly #setup: LookSetup;
  readonly #dropped = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  #found: Promise<unknown> | null = null;

  constructor(setup: LookSetup) {
    this.#setup = setup;
    const { plan, settings } = setup;
    const { connectMs } = plan.timeouts;
    if (connectMs > 0 && needsBootstrap(plan, settings.trust ?? {})) {
      this.#timer = setTimeout(() => this.#begin(), connectMs / 2);
      this.#timer.unref();
    }
  }

  /** The hash is here, or all is over: what the look has seen is of no interest any more. */
  drop(): void {
    clearTimeout(this.#timer);
    if (this.#dropped.signal.aborted) return;
    this.#dropped.abort(new Error('the certificate hash is here'));
    if (this.#found !== null) this.#setup.seen.forget();
  }

  /** The failure to report, given that of the way to the hash: that of UDP where no relay answers, else as it is. */
  async explain(error: unknown): Promise<unknown> {
    const { plan, settings, isOurs, signal } = this.#setup;
    clearTimeout(this.#timer);
    if (this.#dropped.signal.aborted || signal?.aborted === true) return error;
    if (!needsBootstrap(plan, settings.trust ?? {})) return error;
    if (!(error instanceof MoqtError) || error.stage === 'dns' || isOurs(error)) {
      this.drop();
      return error;
    }
    const found = await this.#begin();
    const isThere = !(found instanceof MoqtError) || found.reason === 'tls.pin-mismatch';
    return isThere ? error : Object.assign(found, { message: `${found.message}; before, ${error.message}` });
  }

  /** What it fails with; never rejects. */
  #begin(): Promise<unknown> {
    this.#found ??= this.#look().then(
      () => null,
      (error: unknown) => error,
    );
    return this.#found;
  }

  async #look(): Promise<void> {
    const { plan, settings, seen, elapsed, onBegin, signal } = this.#setup;
    const { connectMs } = plan.timeouts;
    const dropped = this.#dropped.signal;
    const unlessDropped =
      <T>(take: (value: T) => void) =>
      (value: T): void => {
        if (!dropped.aborted) take(value);
      };
    onBegin();
    const session = await connect(plan.url, {
      ...settings,
      trust: { ...settings.trust, pins: [new Uint8Array(32)] },
      timeouts: { ...settings.timeouts, connectMs: connectMs === 0 ? 0 : Math.max(1, connectMs - elapsed()) },
      observer: unlessDropped<ConnectEvent>(seen.observe),
      onStage: unlessDropped<ConnectStage>(seen.onStage),
      signal: signal === undefined ? dropped : AbortSignal.any([signal, dropped]),
    });
    await session.close();
  }
}
