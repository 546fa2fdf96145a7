import { MoqtError } from '../errors/moqt-error.js';
import { createSha256, type Sha256 } from '../util/sha256.js';

/** What a script demands of a track; any that does not hold is MOQT_E_CHECK. */
export interface Assertions {
  /** At least so many objects. */
  readonly expectObjects?: number;
  /**
   * ms from the answer to SUBSCRIBE by which the expected objects (one, when no number is given) must have arrived. Once
   * they have, the subscription ends.
   */
  readonly withinMs?: number;
  /** Longest time between two objects, ms. */
  readonly maxGapMs?: number;
  /** SHA-256 of all payloads one behind another, hex. */
  readonly sha256?: string;
}

/** Follows a track and says when an assertion is broken. Times are a clock's milliseconds. */
export class AssertionChecker {
  readonly #assertions: Assertions;
  readonly #startedAt: number;
  readonly #hash: Sha256 | undefined;
  #objects = 0;
  #lastObjectAt: number | null = null;

  constructor(assertions: Assertions, startedAt: number) {
    this.#assertions = assertions;
    this.#startedAt = startedAt;
    if (assertions.sha256 !== undefined) this.#hash = createSha256();
  }

  /** When `check` should be called although nothing arrives; null: never. */
  get deadline(): number | null {
    const { withinMs, maxGapMs } = this.#assertions;
    const within = withinMs === undefined || this.isSatisfied ? null : this.#startedAt + withinMs;
    const gap = maxGapMs === undefined || this.#lastObjectAt === null ? null : this.#lastObjectAt + maxGapMs;
    return within === null ? gap : gap === null ? within : Math.min(within, gap);
  }

  /** The objects demanded in a time are here: there is nothing left to wait for. */
  get isSatisfied(): boolean {
    return this.#assertions.withinMs !== undefined && this.#objects >= this.#wanted;
  }
  get #wanted(): number {
    return this.#assertions.expectObjects ?? 1;
  }

  /** Payload in the order in which it is handed on. */
  payload(bytes: Uint8Array): void {
    this.#hash?.update(bytes);
  }

  /** A whole object arrived. Throws when it came too late. */
  object(now: number): void {
    this.check(now);
    this.#objects++;
    this.#lastObjectAt = now;
  }

  /** Throws when a deadline has passed. */
  check(now: number): void {
    const { withinMs, maxGapMs } = this.#assertions;
    if (maxGapMs !== undefined && this.#lastObjectAt !== null && now - this.#lastObjectAt > maxGapMs) {
      throw failed(`no object for ${Math.round(now - this.#lastObjectAt)} ms, ${maxGapMs} ms are allowed`, 'max-gap');
    }
    if (withinMs !== undefined && !this.isSatisfied && now - this.#startedAt > withinMs) {
      throw failed(`${this.#objects} of ${this.#wanted} objects arrived within ${withinMs} ms`, 'within');
    }
  }

  /** Of the payload so far; null unless it is asserted. */
  get sha256(): string | null {
    return this.#hash?.hex() ?? null;
  }

  /** The track is over. Throws when it was not what was demanded. */
  end(): void {
    const { expectObjects, sha256 } = this.#assertions;
    if (expectObjects !== undefined && this.#objects < expectObjects) {
      throw failed(`${this.#objects} objects arrived, ${expectObjects} were expected`, 'expect-objects');
    }
    const actual = this.sha256;
    if (sha256 !== undefined && actual !== sha256.toLowerCase()) {
      throw failed(`the SHA-256 of the payload is ${actual}, not ${sha256.toLowerCase()}`, 'sha256');
    }
  }
}

function failed(message: string, cause: string): MoqtError {
  return new MoqtError('MOQT_E_CHECK', message, { stage: 'data', cause: `assertion.${cause}` });
}
