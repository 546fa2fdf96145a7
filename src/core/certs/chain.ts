import { X509Certificate } from 'node:crypto';
import { parseCertificates } from './pem.js';

/** Longer chains exist only to exhaust whoever walks them. */
const MAX_CHAIN = 20;

export type ChainProblem = 'expired' | 'not-yet-valid' | 'self-signed' | 'untrusted' | 'incomplete-chain';

/** Why a chain leads to no root, and which of its certificates is at fault. */
export interface ChainFailure {
  readonly problem: ChainProblem;
  readonly certificate: X509Certificate;
}

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
 * peer sent, leaf first; what follows the leaf may come in any order and may be irrelevant. Where there is no path, the
 * first that fits is told: the dates of the leaf, of every other member, self-signed, an intermediate left out, untrusted.
 * A trusted certificate that is no root ends a path too, unless `wholeOnly`: TLS libraries want the root.
 */
export function findPath(
  chain: readonly X509Certificate[],
  known: readonly X509Certificate[],
  now: number,
  options: { readonly wholeOnly?: boolean } = {},
): ChainFailure | null {
  const leaf = chain[0];
  if (leaf === undefined) return null;
  const roots = options.wholeOnly === true ? known.filter(isSelfSigned) : known;
  const dates = checkDates(leaf, now);
  if (dates !== null) return { problem: dates, certificate: leaf };
  const anchors = new Set(roots.map((root) => root.fingerprint256));
  if (anchors.has(leaf.fingerprint256)) return null;
  const intermediates = chain.slice(1, MAX_CHAIN);
  if (leadsToRoot(leaf, intermediates, roots, anchors, (certificate) => checkDates(certificate, now) === null)) {
    return null;
  }
  const outOfTime = outOfTimeMember(chain, roots, now);
  if (outOfTime !== null) return outOfTime;
  if (isSelfSigned(leaf)) return { problem: 'self-signed', certificate: leaf };
  const last = endOfChain(leaf, intermediates);
  return { problem: isIncomplete(last, known) ? 'incomplete-chain' : 'untrusted', certificate: last };
}

/** A member of the chain, or a root that it names, that is out of its time. */
function outOfTimeMember(
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: number,
): ChainFailure | null {
  const sent = membersByName(chain.slice(0, MAX_CHAIN));
  const named = roots.filter((root) => sent.some((member) => issued(root, member)));
  for (const certificate of [...sent, ...named]) {
    const problem = checkDates(certificate, now);
    if (problem !== null) return { problem, certificate };
  }
  return null;
}

/** What a chain has on the way up from its leaf, by the names of the issuers: what else was sent along is no member of it. */
function membersByName(chain: readonly X509Certificate[]): X509Certificate[] {
  const members = chain.slice(0, 1);
  const rest = new Set(chain.slice(1));
  for (const member of members) {
    for (const other of rest) {
      if (other.subject !== member.issuer) continue;
      rest.delete(other);
      members.push(other);
    }
  }
  return members;
}

/** Where the way up from the leaf ends, in what the peer sent. */
function endOfChain(leaf: X509Certificate, intermediates: readonly X509Certificate[]): X509Certificate {
  const remaining = new Set(intermediates);
  let current = leaf;
  for (;;) {
    const next = [...remaining].find((issuer) => issued(issuer, current));
    if (next === undefined) return current;
    remaining.delete(next);
    current = next;
  }
}

/**
 * Whether an intermediate was left out above this certificate, rather than a root that nobody knows: it says where its
 * issuer can be had, as certificates below an intermediate do (AIA, RFC 5280 §4.2.2.1), or we know the issuer to be one.
 */
function isIncomplete(last: X509Certificate, roots: readonly X509Certificate[]): boolean {
  if (isSelfSigned(last)) return false;
  if (issuerAddress(last) !== null) return true;
  return roots.some((root) => root.subject === last.issuer && root.subject !== root.issuer);
}

/** The address at which the issuer's certificate can be had, as the certificate says; null when it does not. */
export function issuerAddress(certificate: X509Certificate): string | null {
  const line = certificate.infoAccess?.split('\n').find((one) => one.startsWith('CA Issuers - URI:'));
  return line?.slice('CA Issuers - URI:'.length) ?? null;
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
