import type { FullTrackName } from '../wire/full-track-name.js';
import { trackKey } from '../wire/full-track-name.js';
import type { DataPlane } from './data-streams.js';
import type { RequestChannel } from './exchange.js';
import type { FetchTable } from './fetch-table.js';
import type { LegacyNamespaces } from './legacy-namespaces.js';
import type { NamespacePrefixes } from './namespace-prefixes.js';
import type { Publications } from './publications.js';
import type { SessionCore } from './session-core.js';
import type { Subscriptions } from './subscriptions.js';

/** The parts of a session, for those that need one another. */
export interface SessionContext {
  readonly core: SessionCore;
  readonly channel: RequestChannel;
  readonly data: DataPlane;
  readonly publications: Publications;
  readonly subscriptions: Subscriptions;
  readonly fetches: FetchTable;
  readonly prefixes: NamespacePrefixes;
  readonly legacyNamespaces: LegacyNamespaces;
}

/** Counts of tracks by name. */
export class TrackCounts {
  readonly #counts = new Map<string, number>();

  has(track: FullTrackName): boolean {
    return this.#counts.has(trackKey(track));
  }

  /** Returns what takes the count back, once. */
  add(track: FullTrackName): () => void {
    const key = trackKey(track);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = (this.#counts.get(key) ?? 1) - 1;
      if (left === 0) this.#counts.delete(key);
      else this.#counts.set(key, left);
    };
  }
}
