import { createHash, type X509Certificate } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import type { Cause } from '../errors/causes.js';
import { MoqtError } from '../errors/moqt-error.js';
import { bytesEqual, toHex } from '../util/bytes.js';
import { escapeText } from '../util/escape.js';
import { type ChainFailure, type ChainProblem, checkDates, findPath, isSelfSigned, issuerAddress } from './chain.js';
import { chainPath } from './path.js';
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

/** The causes of diagnosis by problem, where they have other names. */
const CAUSE: Readonly<Partial<Record<TrustProblem, Cause>>> = {
  'no-certificate': 'tls.untrusted',
  'wrong-purpose': 'tls.untrusted',
};

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
  /** A path must end at a root, as TLS libraries want it, not at any trusted certificate. */
  readonly wholeOnly?: boolean;
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_PURPOSE = '2.5.29.37.0';

/** SHA-256 of the certificate's DER. */
export function certificateSha256(certificate: X509Certificate): Uint8Array {
  return new Uint8Array(createHash('sha256').update(certificate.raw).digest());
}

/**
 * True when the certificate names this host in its subjectAltName; the common name does not count (RFC 9525 §2), and a
 * wildcard is a whole label (§6.3).
 */
export function matchesHost(certificate: X509Certificate, host: string): boolean {
  // The pattern for IPv6 takes Node milliseconds to compile.
  if (isIPv4(host) || (host.includes(':') && isIPv6(host))) return certificate.checkIP(host) !== undefined;
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return certificate.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined;
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
 * Judges a server's chain (leaf first) as a TLS client does. Null: it is good. Of several problems the first is told, in the
 * order dates of every member, self-signed, path to a root, purpose, host name or IP.
 */
export function judgeChain(chain: readonly X509Certificate[], question: TrustQuestion): TrustFailure | null {
  const leaf = chain[0];
  if (leaf === undefined) return NO_CERTIFICATE;
  const { rootsPem, now: time = Date.now(), wholeOnly = false } = question;
  const failure = findPath(chain, parseCertificates(rootsPem), time, { wholeOnly });
  if (failure !== null) return chainFailure(failure, leaf);
  const unfit = unfitMember(chain, wholeOnly);
  if (unfit !== undefined) return wrongPurpose(unfit, leaf);
  if (!matchesHost(leaf, question.host)) return wrongHost(leaf, question.host);
  return null;
}

/**
 * The first certificate whose extended key usage leaves servers out. TLS libraries want serverAuth by name, and of every
 * issuer too: one that limits its purposes limits those of what it issues.
 */
function unfitMember(chain: readonly X509Certificate[], asLibraries: boolean): X509Certificate | undefined {
  const members = asLibraries ? chainPath(chain, []).members : chain.slice(0, 1);
  return members.find(({ keyUsage: purposes }) => {
    if (purposes === undefined || purposes.includes(SERVER_AUTH)) return false;
    return asLibraries || !purposes.includes(ANY_PURPOSE);
  });
}

function wrongPurpose(certificate: X509Certificate, leaf: X509Certificate): TrustFailure {
  const isLeaf = certificate.fingerprint256 === leaf.fingerprint256;
  const which = isLeaf ? 'the certificate' : `the certificate ${dn(certificate.subject)} in the chain above it`;
  return {
    problem: 'wrong-purpose',
    message: `${which} is not meant for servers (no serverAuth in its extended key usage)`,
    hint: `ask the operator for a server certificate${isLeaf ? '' : ', issued by a CA that may issue them'}`,
  };
}

function wrongHost(leaf: X509Certificate, host: string): TrustFailure {
  const names = namesOf(leaf);
  const usable = /(?:DNS|IP Address):([^,\s*]+)(?:,|$)/.exec(leaf.subjectAltName ?? '')?.[1];
  return {
    problem: 'wrong-host',
    message: `the certificate is not for ${escapeText(host)}: it names ${names}`,
    hint:
      usable === undefined
        ? 'ask the operator for a certificate with this name, or pin this one with --cert-sha256'
        : `use one of the names that it has in the URL, or --servername ${escapeText(usable, { maxLength: 100 })}`,
  };
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
      message: `the certificate's SHA-256 is ${toHex(actual)}, and ${pins.map(toHex).join(' or ')} is pinned`,
      hint: `the server has probably rotated its certificate: pin the new one with --cert-sha256 ${toHex(actual)} if you know that it is the right one`,
    };
  }
  const dates = checkDates(leaf, now);
  return dates === null ? null : chainFailure({ problem: dates, certificate: leaf }, leaf);
}

/** The error that a failure ends a connection with: exit 4, before a byte of ours was sent. */
export function trustError(failure: TrustFailure, peer?: string): MoqtError {
  return new MoqtError('MOQT_E_TLS', failure.message, {
    stage: 'tls',
    cause: CAUSE[failure.problem] ?? `tls.${failure.problem}`,
    hint: failure.hint,
    peer,
  });
}

const NO_CERTIFICATE: TrustFailure = {
  problem: 'no-certificate',
  message: 'the peer sent no certificate',
  hint: 'check that the server has a certificate',
};

function chainFailure({ problem, certificate }: ChainFailure, leaf: X509Certificate): TrustFailure {
  const isLeaf = certificate.fingerprint256 === leaf.fingerprint256;
  const which = isLeaf ? 'the certificate' : `the certificate ${dn(certificate.subject)} in the chain above it`;
  const issuer = dn(certificate.issuer);
  switch (problem) {
    case 'expired':
      return {
        problem,
        message: `${which} expired on ${isoDate(certificate.validTo)}`,
        hint: `ask the operator to renew ${isLeaf ? 'it' : 'the chain'}; the clock of this machine says ${now()}`,
      };
    case 'not-yet-valid':
      return {
        problem,
        message: `${which} is valid only from ${isoDate(certificate.validFrom)}`,
        hint: `check the clock of this machine, which says ${now()}: it is the likelier culprit`,
      };
    case 'self-signed':
      return {
        problem,
        message: 'the certificate is self-signed and not among the trusted roots',
        hint: `pin it with --cert-sha256 ${toHex(certificateSha256(leaf))} if you know that it is the right one`,
      };
    case 'incomplete-chain': {
      const address = issuerAddress(certificate);
      const where = address === null ? '' : `, which it can fetch from ${escapeText(address, { maxLength: 200 })}`;
      return {
        problem,
        message: `the chain is not complete: the server does not send the intermediate ${issuer}`,
        hint: `the server must send ${issuer} behind its certificate${where}; until then give it, and its root, in one file with --ca`,
      };
    }
    case 'untrusted':
      if (isSelfSigned(certificate)) {
        return {
          problem,
          message: `the chain ends at the root ${issuer}, which is not among the trusted ones`,
          hint: `if ${issuer} is a root of yours, give it with --ca`,
        };
      }
      return {
        problem,
        message: `${which} was issued by ${issuer}, and no trusted root vouches for that`,
        hint: `if ${issuer} is a root of yours, give it with --ca; if it is an intermediate, the server must send it too`,
      };
  }
}

/** A distinguished name in one line: `CN=Root, O=Example`. */
function dn(name: string): string {
  return escapeText(name.replaceAll('\n', ', '), { maxLength: 200 }) || 'without a name';
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

function namesOf(leaf: X509Certificate): string {
  return leaf.subjectAltName === undefined ? 'no host at all' : escapeText(leaf.subjectAltName, { maxLength: 300 });
}

function isoDate(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? escapeText(text) : new Date(time).toISOString().replace('.000Z', 'Z');
}
