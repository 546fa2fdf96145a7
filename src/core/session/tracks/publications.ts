import { type FullTrackName, trackKey } from '../../wire/full-track-name.js';
import type { ActivePublication } from './publication.js';
import { TrackCounts } from './track-counts.js';

/** What we publish to the peer: by Request ID for joining fetches, by track against duplicates, and our track aliases. */
export class Publications {
  /** Tracks with a subscription in which we are the publisher, pending or established. */
  readonly tracks = new TrackCounts();
  readonly #byRequestId = new Map<bigint, ActivePublication>();
  readonly #aliases = new Map<bigint, { readonly trackKey: string; holders: number }>();
  // Alias 0 is what TRACK_STATUS_OK of draft 14 carries for "none".
  #nextAlias = 1n;

  get(requestId: bigint): ActivePublication | undefined {
    return this.#byRequestId.get(requestId);
  }

  add(publication: ActivePublication): void {
    this.#byRequestId.set(publication.requestId, publication);
  }

  remove(publication: ActivePublication): void {
    this.#byRequestId.delete(publication.requestId);
    this.releaseAlias(publication.trackAlias);
  }

  /** A new alias, or the one given; throws when that belongs to another track (DUPLICATE_TRACK_ALIAS for the peer). */
  claimAlias(track: FullTrackName, alias = this.#freeAlias()): bigint {
    const key = trackKey(track);
    const holder = this.#aliases.get(alias);
    if (holder !== undefined && holder.trackKey !== key) {
      throw new RangeError(`track alias ${alias} is in use for another track`);
    }
    if (holder !== undefined) holder.holders++;
    else this.#aliases.set(alias, { trackKey: key, holders: 1 });
    return alias;
  }

  releaseAlias(alias: bigint): void {
    const holder = this.#aliases.get(alias);
    if (holder !== undefined && --holder.holders === 0) this.#aliases.delete(alias);
  }

  /** Never one that was used before, so that late objects of a track cannot be taken for those of another. */
  #freeAlias(): bigint {
    while (this.#aliases.has(this.#nextAlias)) this.#nextAlias++;
    return this.#nextAlias++;
  }
}
