import { type FullTrackName, trackKey } from '../../wire/full-track-name.js';

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
