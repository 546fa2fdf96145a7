import { DEFAULT_PRIORITY } from '../../wire/subgroup.js';
import { Tombstones } from './tombstones.js';

/** Who receives the objects of an alias. */
export interface AliasOwner {
  /** `trackKey` of the full track name. */
  readonly trackKey: string;
  /** Publisher priority of objects that leave it to the track. */
  readonly defaultPriority: number;
}

interface Entry<Owner extends AliasOwner> {
  readonly trackKey: string;
  readonly owners: Owner[];
  /** Owners whose publisher has said that it is done; their late streams still come here. */
  readonly draining: Set<Owner>;
  /** A PUBLISH with this alias awaits the application's answer. */
  pending: number;
}

/** What is known of an alias that a stream or datagram carries. */
export type AliasLookup<Owner> =
  | { readonly kind: 'owned'; readonly owners: readonly Owner[] }
  /** Somebody may own it soon. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'torn-down' };

/**
 * The peer's track aliases. An alias belongs to one track at a time, but to any number of subscriptions of it. Aliases of
 * ours are another space.
 */
export class AliasTable<Owner extends AliasOwner> {
  readonly #entries = new Map<bigint, Entry<Owner>>();
  readonly #tombstones: Tombstones<bigint>;
  /** Entries with draining owners only, the oldest first. */
  readonly #drained = new Set<bigint>();

  constructor(private readonly limit: number) {
    this.#tombstones = new Tombstones(limit);
  }

  /**
   * False when another track holds the alias: DUPLICATE_TRACK_ALIAS (draft-18 §11.1). A track whose subscriptions are all
   * done gives it up.
   */
  isFree(alias: bigint, trackKey: string): boolean {
    const entry = this.#entries.get(alias);
    if (entry === undefined || entry.trackKey === trackKey) return true;
    return entry.pending === 0 && entry.owners.every((owner) => entry.draining.has(owner));
  }

  /** A PUBLISH holds the alias until it is answered. */
  reserve(alias: bigint, trackKey: string): void {
    this.#entry(alias, trackKey).pending++;
  }

  /** The PUBLISH was answered: `accepted` or else its streams are unwanted. */
  unreserve(alias: bigint): void {
    const entry = this.#entries.get(alias);
    if (entry === undefined) return;
    entry.pending--;
    this.#dropIfUnused(alias, entry);
  }

  isReserved(alias: bigint): boolean {
    return (this.#entries.get(alias)?.pending ?? 0) > 0;
  }

  add(alias: bigint, owner: Owner): void {
    this.#entry(alias, owner.trackKey).owners.push(owner);
    this.#tombstones.delete(alias);
    this.#drained.delete(alias);
  }

  /** The publisher is done with this owner's subscription; what was under way may still arrive. */
  drain(alias: bigint, owner: Owner): void {
    const entry = this.#entries.get(alias);
    if (entry === undefined || !entry.owners.includes(owner)) return;
    entry.draining.add(owner);
    if (entry.owners.some((other) => !entry.draining.has(other))) return;
    this.#drained.add(alias);
    if (this.#drained.size <= this.limit) return;
    for (const oldest of this.#drained) {
      this.#bury(oldest);
      return;
    }
  }

  remove(alias: bigint, owner: Owner): void {
    const entry = this.#entries.get(alias);
    const at = entry?.owners.indexOf(owner) ?? -1;
    if (entry === undefined || at < 0) return;
    entry.owners.splice(at, 1);
    entry.draining.delete(owner);
    this.#dropIfUnused(alias, entry);
  }

  /** What arrives for this alias is unwanted, unless somebody owns it. */
  bury(alias: bigint): void {
    if (!this.#entries.has(alias)) this.#tombstones.add(alias);
  }

  lookup(alias: bigint): AliasLookup<Owner> {
    const entry = this.#entries.get(alias);
    if (entry !== undefined && entry.owners.length > 0) return { kind: 'owned', owners: entry.owners };
    return entry === undefined && this.#tombstones.has(alias) ? { kind: 'torn-down' } : { kind: 'unknown' };
  }

  /** Null when the track of the alias is not known yet. */
  defaultPriority(alias: bigint): number | null {
    const entry = this.#entries.get(alias);
    if (entry === undefined) return this.#tombstones.has(alias) ? DEFAULT_PRIORITY : null;
    return entry.owners[0]?.defaultPriority ?? null;
  }

  #entry(alias: bigint, trackKey: string): Entry<Owner> {
    const existing = this.#entries.get(alias);
    if (existing !== undefined && existing.trackKey === trackKey) return existing;
    const entry: Entry<Owner> = { trackKey, owners: [], draining: new Set(), pending: 0 };
    this.#entries.set(alias, entry);
    this.#drained.delete(alias);
    return entry;
  }

  #dropIfUnused(alias: bigint, entry: Entry<Owner>): void {
    if (entry.owners.length === 0 && entry.pending === 0) this.#bury(alias);
  }

  #bury(alias: bigint): void {
    this.#entries.delete(alias);
    this.#drained.delete(alias);
    this.#tombstones.add(alias);
  }
}
