import { hasPrefix, type TrackNamespace } from '../../wire/full-track-name.js';

interface Entry {
  readonly space: string;
  prefix: TrackNamespace;
}

/** The prefixes that the peer has subscribed to: within a space none may overlap another (draft-18 §10.18, §10.19). */
export class NamespacePrefixes {
  readonly #entries = new Set<Entry>();

  /** Null when the prefix overlaps; else a claim on it. */
  claim(space: string, prefix: TrackNamespace): PrefixClaim | null {
    const entry: Entry = { space, prefix };
    if (!this.#fits(entry, prefix)) return null;
    this.#entries.add(entry);
    return {
      move: (next) => {
        if (!this.#fits(entry, next)) return false;
        entry.prefix = next;
        return true;
      },
      release: () => void this.#entries.delete(entry),
    };
  }

  #fits(entry: Entry, prefix: TrackNamespace): boolean {
    for (const other of this.#entries) {
      if (other === entry || other.space !== entry.space) continue;
      if (hasPrefix(other.prefix, prefix) || hasPrefix(prefix, other.prefix)) return false;
    }
    return true;
  }
}

export interface PrefixClaim {
  /** False when the new prefix overlaps another; the old one stays then. */
  move(prefix: TrackNamespace): boolean;
  release(): void;
}
