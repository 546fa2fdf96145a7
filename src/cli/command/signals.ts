import { setMaxListeners } from 'node:events';
import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';

const CODES = { SIGINT: EXIT.sigint, SIGTERM: EXIT.sigterm, SIGHUP: EXIT.sighup } as const;
export type HandledSignal = keyof typeof CODES;

/** Why the command is to end in order: a signal, nobody reads our output any more, or --max-time is over. */
export type StopReason =
  | { readonly kind: 'signal'; readonly signal: HandledSignal }
  | { readonly kind: 'epipe' }
  | { readonly kind: 'max-time' };

/** What operations that were under way are rejected with. */
class Stopped extends Error {
  override readonly name = 'AbortError';
  constructor(reason: StopReason) {
    super(reason.kind === 'signal' ? `stopped by ${reason.signal}` : `stopped (${reason.kind})`);
  }
}

/**
 * Turns signals into an orderly end: the first aborts `signal`, the second ends the process at once.
 * `dispose` gives the process its default behaviour back.
 */
export class Stop {
  readonly #controller = new AbortController();
  #reason: StopReason | null = null;
  readonly #handlers = new Map<HandledSignal, () => void>();

  constructor() {
    // As many listen as work is under way: a thousand probes at once are no leak, and Node would warn on stderr.
    setMaxListeners(0, this.#controller.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): StopReason | null {
    return this.#reason;
  }

  /** The exit code that the reason demands, or null when nothing asked us to stop. */
  get exitCode(): ExitCode | null {
    if (!this.#reason) return null;
    if (this.#reason.kind === 'signal') return CODES[this.#reason.signal];
    return this.#reason.kind === 'epipe' ? EXIT.ok : EXIT.timeout;
  }

  /** `onSecond` ends the process for a person who has waited long enough. */
  listen(onSecond: (signal: HandledSignal, code: ExitCode) => never): void {
    for (const name of Object.keys(CODES) as HandledSignal[]) {
      const handler = () => {
        if (this.#reason?.kind === 'signal') onSecond(name, CODES[name]);
        this.stop({ kind: 'signal', signal: name });
      };
      this.#handlers.set(name, handler);
      process.on(name, handler);
    }
  }

  stop(reason: StopReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#controller.abort(new Stopped(reason));
  }

  dispose(): void {
    for (const [name, handler] of this.#handlers) process.off(name, handler);
    this.#handlers.clear();
  }
}
