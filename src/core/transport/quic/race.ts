import { MoqtError } from '../../errors/moqt-error.js';
import { type Deferred, deferred } from '../../util/deferred.js';
import { Attempt, type AttemptSetup } from './attempt.js';
import type { QuicConnection } from './connection.js';
import { type Progress, timeoutError } from './handshake-error.js';
import { LONGEST_DELAY_MS } from './loss-timer.js';

/** RFC 8305 §5: how long an address is tried before the next one starts beside it. */
const STAGGER_MS = 250;

export interface RaceOptions {
  /** Addresses in the order to try them. */
  readonly addresses: readonly string[];
  /** What is left of the connect deadline, ms; 0 is none. */
  readonly ms: number;
  /** The whole connect deadline, for the message. */
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
  readonly peer: string;
}

/** Happy Eyeballs (RFC 8305) over QUIC handshakes: the first to be established and trusted wins, the rest are cancelled. */
export async function raceHandshakes(setup: AttemptSetup, options: RaceOptions): Promise<QuicConnection> {
  return new Race(setup, options).run();
}

class Race {
  readonly #setup: AttemptSetup;
  readonly #options: RaceOptions;
  readonly #attempts: Attempt[] = [];
  readonly #failures: MoqtError[] = [];
  readonly #winner: Deferred<QuicConnection> = deferred();
  #next: NodeJS.Timeout | undefined;

  constructor(setup: AttemptSetup, options: RaceOptions) {
    this.#setup = setup;
    this.#options = options;
  }

  async run(): Promise<QuicConnection> {
    const { ms, signal } = this.#options;
    signal?.throwIfAborted();
    const onAbort = (): void => this.#winner.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const deadline =
      ms > 0 ? setTimeout(() => this.#winner.reject(this.#timeout()), Math.min(ms, LONGEST_DELAY_MS)) : undefined;
    this.#startNext();
    let winner: QuicConnection | null = null;
    try {
      winner = await this.#winner.promise;
      return winner;
    } finally {
      clearTimeout(deadline);
      clearTimeout(this.#next);
      signal?.removeEventListener('abort', onAbort);
      for (const attempt of this.#attempts) if (winner === null || !attempt.owns(winner)) attempt.cancel();
    }
  }

  #startNext(): void {
    clearTimeout(this.#next);
    const address = this.#options.addresses[this.#attempts.length];
    if (address === undefined || this.#winner.settled) return;
    const attempt = new Attempt(this.#setup, address);
    this.#attempts.push(attempt);
    this.#next = setTimeout(() => this.#startNext(), STAGGER_MS);
    attempt.run().then(
      (connection) => this.#winner.resolve(connection),
      (error: unknown) => this.#onFailure(error),
    );
  }

  #onFailure(error: unknown): void {
    if (!(error instanceof MoqtError)) {
      this.#winner.reject(error);
      return;
    }
    // A server that answered will not answer differently on its other addresses; one that did not may.
    if (error.stage !== 'udp') {
      this.#winner.reject(error);
      return;
    }
    this.#failures.push(error);
    if (this.#failures.length === this.#options.addresses.length) {
      const refused = this.#failures.find((failure) => failure.reason === 'udp.refused');
      this.#winner.reject(refused ?? this.#failures[0]);
      return;
    }
    this.#startNext();
  }

  #timeout(): MoqtError {
    const best: Progress = { datagrams: 0, packets: 0 };
    const progress = this.#attempts
      .map((attempt) => attempt.progress)
      .reduce((a, b) => (b.packets > a.packets || b.datagrams > a.datagrams ? b : a), best);
    const tried = this.#attempts.map((attempt) => attempt.address);
    return timeoutError(this.#options.limitMs, progress, tried, this.#options.peer);
  }
}
