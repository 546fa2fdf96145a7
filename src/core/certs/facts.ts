import type { X509Certificate } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { CertificateFacts } from '../records/probe-report.js';
import { escapeText } from '../util/escape.js';
import { pinningObstacles } from './pinnable.js';

/** The leaf of a chain as reports show it; null for an empty chain. Remote text is escaped. */
export function certificateFacts(chain: readonly X509Certificate[]): CertificateFacts | null {
  const leaf = chain[0];
  if (leaf === undefined) return null;
  const because = pinningObstacles(leaf, Date.now());
  return {
    sha256: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
    names: namesOf(leaf),
    notBefore: new Date(leaf.validFrom).toISOString(),
    notAfter: new Date(leaf.validTo).toISOString(),
    chainLength: chain.length,
    pinnable: because.length === 0,
    notPinnableBecause: because,
  };
}

/** The names of the subjectAltName, without their kinds. */
function namesOf(leaf: X509Certificate): string[] {
  const entries = leaf.subjectAltName?.split(', ') ?? [];
  return entries.map((entry) => escapeText(plainName(entry), { maxLength: 300 }));
}

function plainName(entry: string): string {
  const name = entry.replace(/^(?:DNS|IP Address|URI|email):/, '');
  // Node writes IPv6 addresses out in full; a URL has the short form.
  return name.includes(':') && isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;
}

function oneLine(name: string | undefined): string {
  return escapeText((name ?? '').replaceAll('\n', ', '), { maxLength: 300 });
}
