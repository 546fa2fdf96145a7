/**
 * Lets many short waits in a row be broken off by one event. Racing each of them against a long-lived promise would leave
 * a reaction behind on that promise for every wait; here a wait leaves nothing.
 */
export class Interruption {
  #reason: Error | undefined;
  readonly #rejecters = new Set<(reason: Error) => void>();

  get reason(): Error | undefined {
    return this.#reason;
  }

  /** Breaks off every wait, now and later, with `reason`. The first reason stays. */
  trigger(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const reject of this.#rejecters) reject(reason);
    this.#rejecters.clear();
  }

  /** Settles as `promise` does, or rejects with the reason. A late rejection of `promise` is swallowed. */
  guard<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#reason !== undefined) {
        promise.catch(() => {});
        reject(this.#reason);
        return;
      }
      this.#rejecters.add(reject);
      promise.then(
        (value) => {
          this.#rejecters.delete(reject);
          resolve(value);
        },
        (error: unknown) => {
          this.#rejecters.delete(reject);
          reject(error);
        },
      );
    });
  }
}
