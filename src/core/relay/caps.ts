import type { Clock } from '../util/clock.js';
import type { RelayEventHandler } from './events.js';

/** The bounds of RelayPolicy that tell when they are hit. */
export type CapName =
  | 'max-sessions'
  | 'max-tracks'
  | 'max-buffer'
  | 'max-lag'
  | 'max-namespaces'
  | 'max-namespace-subscriptions'
  | 'max-subscriptions'
  | 'max-fetches';

const TELL_EVERY_MS = 1000;

/** Counts every hit of a cap, and tells of it at most once a second: a flood must not become a flood of log lines. */
export class Caps {
  readonly #hits = new Map<CapName, number>();
  readonly #toldAt = new Map<CapName, number>();

  constructor(
    private readonly clock: Clock,
    private readonly emit: RelayEventHandler,
  ) {}

  hit(cap: CapName, limit: number): void {
    const hits = (this.#hits.get(cap) ?? 0) + 1;
    this.#hits.set(cap, hits);
    const now = this.clock.now();
    const told = this.#toldAt.get(cap);
    if (told !== undefined && now - told < TELL_EVERY_MS) return;
    this.#toldAt.set(cap, now);
    this.emit({ type: 'cap', cap, limit, hits });
  }

  /** `capMaxTracks: 3` and so on, those that were hit. */
  snapshot(): Record<string, number> {
    const counters: Record<string, number> = {};
    for (const [cap, hits] of this.#hits) {
      const name = cap.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
      counters[`cap${name}`] = hits;
    }
    return counters;
  }
}
