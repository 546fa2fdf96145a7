import { X509Certificate } from 'node:crypto';
import { parseCertificates } from './pem.js';

/** Longer chains exist only to exhaust whoever walks them. */
const MAX_CHAIN = 20;

export type ChainProblem = 'expired' | 'not-yet-valid' | 'self-signed' | 'untrusted';

/** The chain that a peer sent, as DER: leaf first; a member that cannot be parsed ends the list. */
export function readChain(ders: Iterable<Uint8Array>): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (const der of ders) {
    try {
      chain.push(new X509Certificate(der));
    } catch {
      break;
    }
  }
  return chain;
}

/** Whether a certificate among the roots (PEM) may not sign others: a server's own, trusted by itself. */
export function hasLeafAnchor(rootsPem: string): boolean {
  return parseCertificates(rootsPem).some((certificate) => !certificate.ca);
}

/** Why a certificate is out of its time, or null. `now` in epoch ms. */
export function checkDates(certificate: X509Certificate, now: number): 'expired' | 'not-yet-valid' | null {
  if (now < Date.parse(certificate.validFrom)) return 'not-yet-valid';
  return now > Date.parse(certificate.validTo) ? 'expired' : null;
}

/**
 * Looks for a path from the leaf to a root (RFC 5280 §6, without name constraints and revocation). `chain` is what the
 * peer sent, leaf first; what follows the leaf may come in any order and may be irrelevant.
 */
export function findPath(
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: number,
): ChainProblem | null {
  const leaf = chain[0];
  if (leaf === undefined) return 'untrusted';
  const dates = checkDates(leaf, now);
  if (dates !== null) return dates;
  const anchors = new Set(roots.map((root) => root.fingerprint256));
  if (anchors.has(leaf.fingerprint256)) return null;
  const intermediates = chain.slice(1, MAX_CHAIN);
  if (leadsToRoot(leaf, intermediates, roots, anchors, (certificate) => checkDates(certificate, now) === null)) {
    return null;
  }
  if (leadsToRoot(leaf, intermediates, roots, anchors, () => true)) return 'expired';
  return chain.length === 1 && isSelfSigned(leaf) ? 'self-signed' : 'untrusted';
}

/** Visits every intermediate at most once: whether it leads to a root does not depend on the way to it. */
function leadsToRoot(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  anchors: ReadonlySet<string>,
  isUsable: (certificate: X509Certificate) => boolean,
): boolean {
  const remaining = new Set(intermediates.filter(isUsable));
  const usableRoots = roots.filter(isUsable);
  const frontier = [leaf];
  for (let current = frontier.pop(); current !== undefined; current = frontier.pop()) {
    const subject = current;
    if (usableRoots.some((root) => issued(root, subject))) return true;
    for (const issuer of remaining) {
      if (!issued(issuer, subject)) continue;
      if (anchors.has(issuer.fingerprint256)) return true;
      remaining.delete(issuer);
      frontier.push(issuer);
    }
  }
  return false;
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** Its own issuer, whether or not its key usage allows it to sign certificates: a leaf that signed itself need not. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey);
}
