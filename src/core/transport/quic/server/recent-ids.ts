/** How long an ID is remembered at least, ms: longer than a client goes on sending to a server that refused it. */
const GENERATION_MS = 5000;
/** Per generation; beyond it the oldest are forgotten early. */
const MAX_IDS = 10_000;

/**
 * First connection IDs of connections that are over. A packet that repeats one is late; without this memory it would begin
 * a connection that its client has given up.
 */
export class RecentIds {
  #young = new Set<string>();
  #old = new Set<string>();
  #since = 0;
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  add(id: string): void {
    this.#age();
    this.#young.add(id);
  }

  has(id: string): boolean {
    this.#age();
    return this.#young.has(id) || this.#old.has(id);
  }

  #age(): void {
    const now = this.#now();
    if (now - this.#since < GENERATION_MS && this.#young.size < MAX_IDS) return;
    // Two generations of silence leave nothing worth keeping.
    this.#old = now - this.#since < 2 * GENERATION_MS ? this.#young : new Set();
    this.#young = new Set();
    this.#since = now;
  }
}
