import type { PageCut } from './page-data.js';

/** How much of each thing a page holds, the first of each; what is beyond is counted and said on the page. */
export const PAGE_LIMITS = {
  messages: 20_000,
  marks: 10_000,
  streams: 50_000,
  objects: 200_000,
} as const;

export type Limited = keyof typeof PAGE_LIMITS;

const WORDS: Readonly<Record<Limited, string>> = {
  messages: 'control messages',
  marks: 'states, errors and annotations',
  streams: 'streams',
  objects: 'objects',
};

/** Counts what comes, and says when there is no room left. */
export class Room {
  readonly #seen: Record<Limited, number> = { messages: 0, marks: 0, streams: 0, objects: 0 };

  constructor(private readonly limits: Readonly<Record<Limited, number>> = PAGE_LIMITS) {}

  take(what: Limited): boolean {
    return this.#seen[what]++ < this.limits[what];
  }

  total(what: Limited): number {
    return this.#seen[what];
  }

  cuts(): readonly PageCut[] {
    return (Object.keys(WORDS) as Limited[])
      .filter((what) => this.#seen[what] > this.limits[what])
      .map((what) => ({ what: WORDS[what], shown: this.limits[what], total: this.#seen[what] }));
  }
}
