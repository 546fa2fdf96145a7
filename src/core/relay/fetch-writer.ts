import type { OutgoingFetch } from '../session/session.js';
import { concatBytes } from '../util/bytes.js';
import type { ObjectHeader } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import { adaptHeader } from './bridge.js';
import type { RelayContext } from './context.js';
import { endOfPart, type Part } from './fetch-coverage.js';
import type { FillBudget } from './fill-budget.js';
import type { SubgroupLog } from './subgroup-log.js';
import type { RelayTrack } from './track.js';

/** What was to be served is no longer cached, or did not come. */
export class NoLongerKnown extends Error {
  override readonly name = 'NoLongerKnown';
}

/** Drafts that can mark a range of a FETCH response as unknown. */
export function canSayUnknown({ data }: DraftProfile): boolean {
  return data.fetch.kind === 'flags' && data.fetch.ranges.size > 0;
}

function canSayStatus({ data, features }: DraftProfile): boolean {
  return features.doesNotExistStatus && (data.fetch.kind === 'absolute' || data.fetch.status);
}

/** Writes the response to one FETCH, from the cache or from what a publisher sends. */
export class FetchResponseWriter {
  constructor(
    private readonly context: RelayContext,
    private readonly profile: DraftProfile,
    private readonly out: OutgoingFetch,
    private readonly descending: boolean,
  ) {}

  /** `parts` in the order of the response. Rejects with NoLongerKnown where the draft cannot say that. */
  async fromCache(track: RelayTrack | undefined, parts: readonly Part[], budget: FillBudget): Promise<void> {
    for (const [index, part] of parts.entries()) {
      if (part.kind === 'known') await this.#known(track, part, budget);
      // Of several in a row the last one says it all.
      else if (parts[index + 1]?.kind !== 'unknown') await this.#unknown(part);
    }
  }

  object(header: ObjectHeader, pieces: readonly Uint8Array[], from: DraftProfile): Promise<void> | undefined {
    const { status } = header;
    if (status !== 'normal' && !canSayStatus(this.profile)) {
      this.context.tally.statusesLeftOut++;
      return undefined;
    }
    const { properties } = adaptHeader(from, this.profile, header);
    const { group, subgroup, object, priority } = header;
    return this.out.writeObject({ group, subgroup, object, priority, status, properties }, concatBytes(pieces));
  }

  #unknown(part: Part): Promise<void> | undefined {
    if (!canSayUnknown(this.profile)) throw new NoLongerKnown('a range is unknown');
    return this.out.endOfRange('unknown', endOfPart(part, this.descending, this.profile.features.maxVarint));
  }

  async #known(track: RelayTrack | undefined, part: Part, budget: FillBudget): Promise<void> {
    const entry = track?.store.cache.get(part.low);
    // Evicted while the requester was slow; or a gap, which is said by saying nothing.
    if (entry === undefined || !entry.retained) return this.#unknown(part);
    const found: { header: ObjectHeader; pieces: readonly Uint8Array[]; from: DraftProfile }[] = [];
    const isWanted = (object: bigint): boolean => object >= part.from && (part.to === null || object <= part.to);
    for (const log of entry.logs) {
      if (!(await this.#hasArrived(log, isWanted, budget))) return this.#unknown(part);
      for (const object of log.objects(part.from)) {
        if (isWanted(object.header.object)) found.push({ ...object, from: log.profile });
      }
    }
    found.sort((a, b) => (a.header.object < b.header.object ? -1 : a.header.object > b.header.object ? 1 : 0));
    let last: bigint | null = null;
    for (const { header, pieces, from } of found) {
      if (header.object === last) continue;
      last = header.object;
      await this.object(header, pieces, from);
    }
  }

  /** Waits for an object that is arriving: where a joining FETCH ends, the subscription goes on after it. */
  async #hasArrived(log: SubgroupLog, isWanted: (object: bigint) => boolean, budget: FillBudget): Promise<boolean> {
    const object = log.lastStarted;
    if (object === null || !isWanted(object)) return true;
    const isHere = (): boolean => log.lastComplete !== null && log.lastComplete >= object;
    while (!isHere() && log.end === null) {
      if (budget.isSpent) return false;
      let follower = (): void => {};
      const more = new Promise<void>((resolve) => {
        follower = resolve;
        log.followers.add(follower);
      });
      try {
        await budget.wait(more);
      } catch {
        return false;
      } finally {
        log.followers.delete(follower);
      }
    }
    return isHere();
  }
}
