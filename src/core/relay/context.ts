import type { Clock } from '../util/clock.js';
import type { FullTrackName, TrackNamespace } from '../wire/full-track-name.js';
import type { AuthorizationToken } from '../wire/messages/parameters.js';
import type { BufferBudget } from './buffer-budget.js';
import type { Caps } from './caps.js';
import type { RelayEventHandler } from './events.js';
import type { NamespaceTree } from './namespace-tree.js';
import type { Peer } from './peer.js';
import type { RelayPolicy } from './policy.js';
import type { Tally } from './tally.js';
import type { RelayTrack } from './track.js';
import type { Watcher } from './watcher.js';

/** What the parts of one relay share. */
export interface RelayContext {
  readonly policy: RelayPolicy;
  readonly clock: Clock;
  readonly tally: Tally;
  readonly caps: Caps;
  readonly budget: BufferBudget;
  readonly emit: RelayEventHandler;
  readonly namespaces: NamespaceTree<Peer, Watcher>;
  /** The track, made when it is not known; null when there are too many (counted). */
  track(name: FullTrackName): RelayTrack | null;
  /** The track, if it is known. */
  knownTrack(name: FullTrackName): RelayTrack | undefined;
  tracksBelow(prefix: TrackNamespace): RelayTrack[];
  /** The track has ended, its name is free. */
  forget(track: RelayTrack): void;
  /** Work that goes on by itself: what it rejects with is a defect, which is counted and told, and ends nothing else. */
  background(work: Promise<unknown>): void;
  /** Counts and tells of a defect. */
  report(error: unknown): void;
  /** The tokens of a single request are good: there are none, one is right, or the relay asks for none. */
  authorizes(tokens: readonly AuthorizationToken[] | undefined): boolean;
  readonly draining: boolean;
}
