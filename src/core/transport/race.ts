import { MoqtError } from '../errors/moqt-error.js';
import { systemClock } from '../util/clock.js';
import { type Deferred, deferred } from '../util/deferred.js';

/** RFC 8305 §5: how long an address is tried before the next one starts beside it. */
const STAGGER_MS = 250;

/** One address being tried. */
export interface RaceAttempt<T> {
  readonly address: string;
  /** Rejects with MoqtError; releases what it holds then. */
  run(): Promise<T>;
  /** Releases everything, if it has not been done; called on every attempt but the winner's. */
  cancel(): void;
}

export interface RaceOptions<T, A extends RaceAttempt<T>> {
  /** Addresses in the order to try them. */
  readonly addresses: readonly string[];
  /** What is left of the connect deadline, ms; 0 is none. */
  readonly ms: number;
  readonly signal: AbortSignal | undefined;
  start(address: string): A;
  /** Whether a failure is of that address alone, so that another may do better. */
  isLocalTo(error: MoqtError): boolean;
  /** Why the deadline passed, from how far the attempts got. */
  timeoutError(attempts: readonly A[]): MoqtError;
  /** After so long, ms, gives up with `error`, which is null when some attempt has got somewhere by then. */
  readonly silence?: { readonly ms: number; error(attempts: readonly A[]): MoqtError | null } | undefined;
}

/** Happy Eyeballs (RFC 8305): the first attempt to succeed wins, the rest are cancelled. */
export async function raceAddresses<T, A extends RaceAttempt<T>>(options: RaceOptions<T, A>): Promise<T> {
  return new Race(options).run();
}

class Race<T, A extends RaceAttempt<T>> {
  readonly #options: RaceOptions<T, A>;
  readonly #attempts: A[] = [];
  readonly #failures: MoqtError[] = [];
  readonly #winner: Deferred<{ attempt: A; value: T }> = deferred();
  #next: NodeJS.Timeout | undefined;

  constructor(options: RaceOptions<T, A>) {
    this.#options = options;
  }

  async run(): Promise<T> {
    const { ms, signal, silence } = this.#options;
    signal?.throwIfAborted();
    const onAbort = (): void => this.#winner.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    // After a stall of this process timers are due before packets are read that came in time: those are read first.
    const onDeadline = (): void => {
      setImmediate(() => this.#winner.reject(this.#options.timeoutError(this.#attempts)));
    };
    const deadline = ms > 0 ? systemClock.after(ms, onDeadline) : undefined;
    const onSilence = (): void => {
      const error = silence?.error(this.#attempts) ?? null;
      if (error !== null) this.#winner.reject(error);
    };
    const silent = silence === undefined ? undefined : systemClock.after(silence.ms, onSilence);
    this.#startNext();
    let winner: A | null = null;
    try {
      const { attempt, value } = await this.#winner.promise;
      winner = attempt;
      return value;
    } finally {
      deadline?.cancel();
      silent?.cancel();
      clearTimeout(this.#next);
      signal?.removeEventListener('abort', onAbort);
      for (const attempt of this.#attempts) if (attempt !== winner) attempt.cancel();
    }
  }

  #startNext(): void {
    clearTimeout(this.#next);
    const address = this.#options.addresses[this.#attempts.length];
    if (address === undefined || this.#winner.settled) return;
    const attempt = this.#options.start(address);
    this.#attempts.push(attempt);
    this.#next = setTimeout(() => this.#startNext(), STAGGER_MS);
    attempt.run().then(
      (value) => this.#winner.resolve({ attempt, value }),
      (error: unknown) => this.#onFailure(error),
    );
  }

  #onFailure(error: unknown): void {
    if (!(error instanceof MoqtError) || !this.#options.isLocalTo(error)) {
      this.#winner.reject(error);
      return;
    }
    this.#failures.push(error);
    if (this.#failures.length === this.#options.addresses.length) {
      // A refusal says more than a missing route.
      const refused = this.#failures.find((failure) => failure.reason?.endsWith('.refused'));
      this.#winner.reject(refused ?? this.#failures[0]);
      return;
    }
    this.#startNext();
  }
}
