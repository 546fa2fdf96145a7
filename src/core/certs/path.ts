import type { X509Certificate } from 'node:crypto';
import { isSelfSigned } from './chain.js';

/** The way up from a leaf, as far as it is known. */
export interface ChainPath {
  /** The leaf, then each one's issuer, up to below the first trusted root. */
  readonly members: readonly X509Certificate[];
  /** The way ends at a root, trusted or not; false: the issuer of the last member is missing. */
  readonly isComplete: boolean;
}

/** Follows a chain (leaf first, the others in any order) until a root: one that is trusted, or one that was sent. */
export function chainPath(chain: readonly X509Certificate[], roots: readonly X509Certificate[]): ChainPath {
  const members: X509Certificate[] = [];
  const remaining = new Set(chain.slice(1));
  for (let current = chain[0]; current !== undefined; ) {
    const subject: X509Certificate = current;
    members.push(subject);
    if (roots.some((root) => subject.checkIssued(root)) || isSelfSigned(subject)) return { members, isComplete: true };
    current = [...remaining].find((issuer) => subject.checkIssued(issuer));
    if (current !== undefined) remaining.delete(current);
  }
  return { members, isComplete: false };
}
