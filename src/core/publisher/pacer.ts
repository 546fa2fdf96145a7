import { MoqtError } from '../errors/moqt-error.js';

/** How fast the source may go; with several, the slowest counts. */
export interface Pace {
  readonly bytesPerSecond?: number;
  readonly objectsPerSecond?: number;
  /** Milliseconds between the beginnings of two objects. */
  readonly intervalMs?: number;
}

/**
 * Says when the next object is due, from the time of the first one and the amount sent since: an absolute schedule, in
 * which the lateness of one object does not delay all that follow.
 */
export class Pacer {
  readonly #msPerObject: number;
  readonly #msPerByte: number;
  #start: number | null = null;
  #objects = 0;
  #bytes = 0;

  constructor(pace: Pace) {
    for (const [name, value] of Object.entries(pace)) {
      if (value !== undefined && !(Number.isFinite(value) && value > 0)) {
        throw new MoqtError('MOQT_E_USAGE', `${name} must be a positive number, not ${value}`, {
          stage: 'config',
          cause: 'publish.pace',
        });
      }
    }
    this.#msPerByte = pace.bytesPerSecond === undefined ? 0 : 1000 / pace.bytesPerSecond;
    this.#msPerObject = Math.max(
      pace.intervalMs ?? 0,
      pace.objectsPerSecond === undefined ? 0 : 1000 / pace.objectsPerSecond,
    );
  }

  /** Milliseconds from `now` until the next object is due; 0 or less: at once. Counts the object. */
  delay(now: number, bytes: number): number {
    this.#start ??= now;
    const wait = this.wait(now);
    this.#objects++;
    this.#bytes += bytes;
    return wait;
  }

  /** The same, for an object that is not there yet. */
  wait(now: number): number {
    const due = Math.max(this.#objects * this.#msPerObject, this.#bytes * this.#msPerByte);
    return (this.#start ?? now) + due - now;
  }

  /** The schedule stood still for so long, because nobody listened: what was missed is not caught up with. */
  paused(ms: number): void {
    if (this.#start !== null) this.#start += ms;
  }
}
