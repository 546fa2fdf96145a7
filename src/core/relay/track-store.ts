import type { FragmentRun } from '../wire/encoded-run.js';
import type { FullTrackName } from '../wire/full-track-name.js';
import { compareLocations, type Location } from '../wire/location.js';
import type { DatagramObject, ObjectFragment, SubgroupHeader } from '../wire/messages/object.js';
import type { KeyValuePair } from '../wire/messages/parameters.js';
import type { DraftProfile } from '../wire/profile.js';
import { PROPERTY } from '../wire/properties.js';
import { Batch } from './batch.js';
import { DEFAULT_PRIORITY, factOf } from './bridge.js';
import type { RelayContext } from './context.js';
import { GroupCache, type GroupEntry } from './group-cache.js';
import type { StreamIntake } from './intake.js';
import { SubgroupLog } from './subgroup-log.js';

/** Groups whose datagrams are remembered, to know duplicates of other publishers. */
const DATAGRAM_GROUPS = 64;

/** What a track has received: its objects as far as they are kept, its largest location, its properties. */
export class TrackStore {
  readonly cache: GroupCache<StreamIntake>;
  facts: readonly KeyValuePair[] = [];
  hasDatagrams = false;
  #largest: Location | null = null;
  readonly #datagrams = new Map<bigint, Set<bigint>>();

  constructor(
    private readonly context: RelayContext,
    readonly name: FullTrackName,
  ) {
    this.cache = new GroupCache(context.policy.cacheBytes, () => context.tally.groupsEvicted++);
  }

  /** The largest object that a publisher spoke of or sent (draft-18 §10.2.10). */
  get largest(): Location | null {
    return this.#largest;
  }

  /** The value of a track property. */
  fact(type: bigint): bigint | undefined {
    return factOf(this.facts, type);
  }

  get defaultPriority(): number {
    const priority = this.fact(PROPERTY.defaultPublisherPriority);
    return priority === undefined || priority > 255n ? DEFAULT_PRIORITY : Number(priority);
  }

  /** How long an object may be served after it began to arrive (MAX_CACHE_DURATION), ms; infinite when nobody said. */
  get maxCacheMs(): number {
    const limit = Number(this.fact(PROPERTY.maxCacheDuration) ?? 0n);
    return limit > 0 ? limit : Number.POSITIVE_INFINITY;
  }

  /** True when the largest group has grown. */
  noteLargest(location: Location | undefined): boolean {
    const before = this.#largest;
    if (location === undefined || (before !== null && compareLocations(location, before) <= 0)) return false;
    this.#largest = location;
    return before === null || location.group > before.group;
  }

  openLog(
    entry: GroupEntry<StreamIntake>,
    header: SubgroupHeader,
    subgroup: bigint,
    from: DraftProfile,
    remember: () => boolean,
  ): SubgroupLog {
    const priority = header.priority ?? this.defaultPriority;
    const log = new SubgroupLog(header, entry.id, subgroup, priority, from, this.context.budget, entry.retained);
    this.cache.add(entry, log, this.#newest(entry.id), remember);
    return log;
  }

  /** True when the largest group has grown. */
  append(entry: GroupEntry<StreamIntake>, log: SubgroupLog, fragments: FragmentRun): boolean {
    const batch = new Batch(fragments, this.context.clock.now());
    this.context.tally.bytesReceived += batch.payloadBytes;
    const { object } = (fragments[fragments.length - 1] as ObjectFragment).header;
    const largest = this.#largest;
    let grown = false;
    if (largest === null || entry.id > largest.group || (entry.id === largest.group && object > largest.object)) {
      grown = this.noteLargest({ group: entry.id, object });
    }
    log.append(batch);
    this.cache.charge(entry, batch.cost, this.#newest(entry.id));
    return grown;
  }

  /** True when a datagram with this object came before. */
  sawDatagram({ header }: DatagramObject): boolean {
    let seen = this.#datagrams.get(header.group);
    if (seen === undefined) {
      seen = new Set();
      this.#datagrams.set(header.group, seen);
      if (this.#datagrams.size > DATAGRAM_GROUPS) this.#datagrams.delete(this.#datagrams.keys().next().value as bigint);
    }
    if (seen.has(header.object)) return true;
    seen.add(header.object);
    return false;
  }

  #newest(group: bigint): bigint {
    return this.#largest !== null && this.#largest.group > group ? this.#largest.group : group;
  }
}
