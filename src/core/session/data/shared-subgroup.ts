import type { FragmentRun } from '../../wire/encoded-run.js';
import type { SubgroupHeader } from '../../wire/messages/object.js';
import type { IncomingSubgroup } from '../session.js';
import type { OwnedSubgroup } from './data-streams.js';

/**
 * One subgroup stream for several subscriptions of its track. The source is read when every reader has had what came
 * before, so the slowest sets the pace and nothing piles up; a reader that stops no longer counts.
 */
export class SharedSubgroup {
  readonly readers: readonly OwnedSubgroup[];
  readonly #ends: SharedReader[];

  constructor(
    private readonly source: IncomingSubgroup,
    count: number,
  ) {
    this.#ends = Array.from({ length: count }, () => new SharedReader(this));
    this.readers = this.#ends;
  }

  get header(): SubgroupHeader {
    return this.source.header;
  }

  pump(): void {
    const live = this.#ends.filter((end) => !end.stopped);
    if (live.length === 0 || !live.every((end) => end.isWaiting)) return;
    this.source.read().then(
      (fragments) => {
        for (const end of live) end.give(fragments);
      },
      (error: unknown) => {
        for (const end of live) end.fail(error);
      },
    );
  }

  stopped(name: string | undefined): void {
    if (this.#ends.every((end) => end.stopped)) this.source.stop(name);
    else this.pump();
  }
}

interface Waiting {
  resolve(fragments: FragmentRun | null): void;
  reject(error: unknown): void;
}

class SharedReader implements OwnedSubgroup {
  onEnd: (() => void) | null = null;
  stopped = false;
  #waiting: Waiting | null = null;
  #outcome: { readonly error: unknown } | 'ended' | null = null;

  constructor(private readonly shared: SharedSubgroup) {}

  get header(): SubgroupHeader {
    return this.shared.header;
  }

  get isWaiting(): boolean {
    return this.#waiting !== null;
  }

  /** The others may still read, so the end comes when all are there. */
  get atEnd(): boolean {
    return this.#outcome === 'ended' && !this.stopped;
  }

  read(): Promise<FragmentRun | null> {
    if (this.stopped || this.#outcome === 'ended') return Promise.resolve(null);
    if (this.#outcome !== null) return Promise.reject(this.#outcome.error);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.shared.pump();
    });
  }

  stop(name?: string): void {
    if (this.stopped) return;
    this.stopped = true;
    this.#waiting?.resolve(null);
    this.#waiting = null;
    this.onEnd?.();
    this.shared.stopped(name);
  }

  give(fragments: FragmentRun | null): void {
    if (fragments === null) {
      this.#outcome = 'ended';
      this.onEnd?.();
    }
    this.#waiting?.resolve(fragments);
    this.#waiting = null;
  }

  fail(error: unknown): void {
    this.#outcome = { error };
    this.onEnd?.();
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}
