import type { Clock } from '../../util/clock.js';
import type { SessionLimits } from '../session.js';
import { ExpirySet } from './expiry-set.js';

/** Something that arrived before the alias it carries was known. */
export interface EarlyItem {
  readonly kind: 'stream' | 'datagram';
  readonly alias: bigint;
  deliver(): void;
  drop(why: string): void;
}

/** Holds streams and datagrams of unknown aliases: within bounds, and not for long. */
export class EarlyData {
  readonly #byAlias = new Map<bigint, Set<EarlyItem>>();
  readonly #expiry: ExpirySet<EarlyItem>;
  #streams = 0;
  #datagrams = 0;

  constructor(
    private readonly limits: SessionLimits,
    clock: Clock,
    /** True while the alias is about to be decided on: the item is kept for another span. */
    isAwaited: (alias: bigint) => boolean,
  ) {
    this.#expiry = new ExpirySet(clock, limits.earlyDataMs, (item) => {
      if (isAwaited(item.alias)) {
        this.#expiry.add(item);
        return;
      }
      this.#forget(item);
      item.drop(`nobody claimed its alias ${item.alias} within ${limits.earlyDataMs} ms`);
    });
  }

  get size(): number {
    return this.#streams + this.#datagrams;
  }

  /** Keeps the item, or drops it at once when too many are held. */
  hold(item: EarlyItem): void {
    const full =
      item.kind === 'stream'
        ? this.#streams >= this.limits.maxEarlyStreams
        : this.#datagrams >= this.limits.maxEarlyDatagrams;
    if (full) {
      item.drop(`too many ${item.kind}s of unknown aliases are held`);
      return;
    }
    if (item.kind === 'stream') this.#streams++;
    else this.#datagrams++;
    const items = this.#byAlias.get(item.alias);
    if (items === undefined) this.#byAlias.set(item.alias, new Set([item]));
    else items.add(item);
    this.#expiry.add(item);
  }

  /** The alias has an owner now: its items are delivered in the order in which they came. */
  release(alias: bigint): void {
    for (const item of this.#take(alias)) item.deliver();
  }

  /** Nobody wants the alias. */
  discard(alias: bigint, why: string): void {
    for (const item of this.#take(alias)) item.drop(why);
  }

  /** The session is over. */
  clear(): void {
    this.#expiry.clear();
    this.#byAlias.clear();
    this.#streams = 0;
    this.#datagrams = 0;
  }

  #take(alias: bigint): EarlyItem[] {
    const items = [...(this.#byAlias.get(alias) ?? [])];
    for (const item of items) {
      this.#expiry.delete(item);
      this.#forget(item);
    }
    return items;
  }

  #forget(item: EarlyItem): void {
    if (item.kind === 'stream') this.#streams--;
    else this.#datagrams--;
    const items = this.#byAlias.get(item.alias);
    items?.delete(item);
    if (items?.size === 0) this.#byAlias.delete(item.alias);
  }
}
