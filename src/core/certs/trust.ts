import { createHash, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { MoqtError } from '../errors/moqt-error.js';
import { bytesEqual, toHex } from '../util/bytes.js';
import { escapeText } from '../util/escape.js';
import { type ChainProblem, checkDates, findPath } from './chain.js';
import { parseCertificates } from './pem.js';

/** How the peer's certificate is judged. Decided before a byte of ours beyond the handshake is sent. */
export type Verify =
  /** Chain against the trusted roots (PEM, at least one certificate), then host name or IP SAN. */
  | { readonly kind: 'chain'; readonly rootsPem: string }
  /** SHA-256 of the leaf (DER) must be one of these; replaces chain and name, not the validity dates. */
  | { readonly kind: 'pins'; readonly sha256: readonly Uint8Array[] }
  /** Anything goes; callers must warn the user. */
  | { readonly kind: 'none' };

export type TrustProblem = ChainProblem | 'no-certificate' | 'wrong-host' | 'wrong-purpose' | 'pin-mismatch';

export interface TrustFailure {
  readonly problem: TrustProblem;
  /** One sentence with the particulars; remote text in it is escaped. */
  readonly message: string;
  readonly hint: string;
}

/** What a chain is held against. */
export interface TrustQuestion {
  /** DNS name or IP literal that the certificate must be for. */
  readonly host: string;
  /** PEM bundle. */
  readonly rootsPem: string;
  /** Epoch ms; default the wall clock. */
  readonly now?: number;
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_PURPOSE = '2.5.29.37.0';

/** SHA-256 of the certificate's DER. */
export function certificateSha256(certificate: X509Certificate): Uint8Array {
  return new Uint8Array(createHash('sha256').update(certificate.raw).digest());
}

/** True when the certificate names this host in its subjectAltName; the common name does not count (RFC 9525 §2). */
export function matchesHost(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return certificate.checkHost(name, { subject: 'never' }) !== undefined;
}

/** Judges a server's chain (leaf first) for a host, a DNS name or an IP literal. Null: it is good. */
export function judge(verify: Verify, chain: readonly X509Certificate[], host: string): TrustFailure | null {
  switch (verify.kind) {
    case 'none':
      return null;
    case 'pins':
      return judgePins(chain, verify.sha256);
    case 'chain':
      return judgeChain(chain, { host, rootsPem: verify.rootsPem });
  }
}

/**
 * Judges a server's chain (leaf first) as a TLS client does: dates, path to a root, purpose, host name or IP. Null: it is
 * good. The first problem in the order a person would want to hear them is told.
 */
export function judgeChain(chain: readonly X509Certificate[], question: TrustQuestion): TrustFailure | null {
  const leaf = chain[0];
  if (leaf === undefined) return NO_CERTIFICATE;
  const now = question.now ?? Date.now();
  const dates = datesFailure(leaf, now);
  if (dates !== null) return dates;
  if (!matchesHost(leaf, question.host)) {
    return {
      problem: 'wrong-host',
      message: `the certificate is not for ${escapeText(question.host)}: it names ${namesOf(leaf)}`,
      hint: 'use a name it was made for, or --servername',
    };
  }
  const problem = findPath(chain, parseCertificates(question.rootsPem), now);
  if (problem !== null) return pathFailure(problem, leaf);
  const purposes = leaf.keyUsage;
  if (purposes !== undefined && !purposes.includes(SERVER_AUTH) && !purposes.includes(ANY_PURPOSE)) {
    return {
      problem: 'wrong-purpose',
      message: 'the certificate is not meant for servers (no serverAuth in its extended key usage)',
      hint: 'ask the operator for a server certificate',
    };
  }
  return null;
}

/** Judges a leaf by pins, which replace chain and name but not the dates. Null: it is good. */
export function judgePins(
  chain: readonly X509Certificate[],
  pins: readonly Uint8Array[],
  now: number = Date.now(),
): TrustFailure | null {
  const leaf = chain[0];
  if (leaf === undefined) return NO_CERTIFICATE;
  const actual = certificateSha256(leaf);
  if (!pins.some((pin) => bytesEqual(pin, actual))) {
    return {
      problem: 'pin-mismatch',
      message: `the certificate's SHA-256 is ${toHex(actual)}, which is not pinned`,
      hint: 'pin that hash if you know that it is the right one',
    };
  }
  return datesFailure(leaf, now);
}

/** The error that a failure ends a connection with: exit 4, before a byte of ours was sent. */
export function trustError(failure: TrustFailure, peer?: string): MoqtError {
  return new MoqtError('MOQT_E_TLS', failure.message, {
    stage: 'tls',
    cause: `tls.${failure.problem}`,
    hint: failure.hint,
    peer,
  });
}

const NO_CERTIFICATE: TrustFailure = {
  problem: 'no-certificate',
  message: 'the peer sent no certificate',
  hint: 'check that the server has a certificate',
};

function datesFailure(leaf: X509Certificate, now: number): TrustFailure | null {
  switch (checkDates(leaf, now)) {
    case 'expired':
      return {
        problem: 'expired',
        message: `the certificate expired on ${isoDate(leaf.validTo)}`,
        hint: 'ask the operator to renew it, and check the clock of this machine',
      };
    case 'not-yet-valid':
      return {
        problem: 'not-yet-valid',
        message: `the certificate is valid only from ${isoDate(leaf.validFrom)}`,
        hint: 'check the clock of this machine',
      };
    default:
      return null;
  }
}

function pathFailure(problem: ChainProblem, leaf: X509Certificate): TrustFailure {
  const issuer = escapeText(leaf.issuer.replaceAll('\n', ', '), { maxLength: 200 }) || 'nobody';
  switch (problem) {
    case 'self-signed':
      return {
        problem,
        message: 'the certificate is self-signed and not among the trusted roots',
        hint: `pin it with --cert-sha256 ${toHex(certificateSha256(leaf))} if you know that it is the right one`,
      };
    case 'untrusted':
      return {
        problem,
        message: `the certificate was issued by ${issuer}, and no trusted root vouches for that`,
        hint: 'give the root with --ca, or check that the server sends its intermediate certificates',
      };
    default:
      return {
        problem,
        message: `a certificate between the server's (issued by ${issuer}) and the root is out of its time`,
        hint: 'ask the operator to renew the chain',
      };
  }
}

function namesOf(leaf: X509Certificate): string {
  return leaf.subjectAltName === undefined ? 'no host at all' : escapeText(leaf.subjectAltName, { maxLength: 300 });
}

function isoDate(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? escapeText(text) : new Date(time).toISOString().replace('.000Z', 'Z');
}
