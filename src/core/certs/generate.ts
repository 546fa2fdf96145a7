import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { MoqtError } from '../errors/moqt-error.js';
import { escapeText } from '../util/escape.js';
import { certificateSha256 } from './trust.js';

/** What a certificate is made for. */
export interface GenerateOptions {
  /** DNS names and IP addresses for the subjectAltName; at least one. */
  readonly hosts: readonly string[];
  /** Days of validity from `now`, at most 14: browsers refuse pinned certificates that live longer. */
  readonly days: number;
  /** Permits up to ten years, for clients that are no browsers. */
  readonly allowLong?: boolean;
  /** Default P-256, the one that browsers take; RSA is for those who want to see a refusal. */
  readonly key?: 'P-256' | 'RSA-2048';
  /** Default: the wall clock. */
  readonly now?: () => Date;
}

/** A certificate and its key, PEM. */
export interface GeneratedCertificate {
  readonly certPem: string;
  /** PKCS #8. */
  readonly keyPem: string;
  /** Of the DER. */
  readonly sha256: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const DAY_MS = 86_400_000;
/** What browsers pin at most. */
export const MAX_DAYS = 14;
const MAX_LONG_DAYS = 3650;
const ALGORITHMS = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'RSA-2048': {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  },
} as const;

/**
 * Makes a self-signed P-256 certificate that browsers accept as a pinned one (WebTransport, serverCertificateHashes).
 * Rejects with MOQT_E_USAGE for a host that is neither name nor address, or a validity that is too long.
 */
export async function generateCertificate(options: GenerateOptions): Promise<GeneratedCertificate> {
  const { hosts, days } = options;
  const algorithm = ALGORITHMS[options.key ?? 'P-256'];
  if (hosts.length === 0) refuse('a certificate needs at least one host');
  const most = options.allowLong === true ? MAX_LONG_DAYS : MAX_DAYS;
  if (!(days > 0 && days <= most)) refuse(`a certificate is valid for more than 0 and at most ${most} days`);
  const names = hosts.map(subjectAltName);

  // The library registers classes and metadata when it is loaded, and takes a tenth of a second for it.
  const [{ webcrypto }, x509] = await Promise.all([import('node:crypto'), import('@peculiar/x509')]);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = options.now?.() ?? new Date();
  const notBefore = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + days * DAY_MS);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(webcrypto.getRandomValues(new Uint8Array(16))),
      name: 'CN=moqt',
      notBefore,
      notAfter,
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.SubjectAlternativeNameExtension(names),
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      ],
    },
    webcrypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const certPem = `${certificate.toString('pem')}\n`;
  return {
    certPem,
    keyPem: `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
    sha256: certificateSha256(new X509Certificate(certPem)),
    notBefore,
    notAfter,
  };
}

function subjectAltName(host: string): { type: 'ip' | 'dns'; value: string } {
  if (isIP(host) !== 0) return { type: 'ip', value: host };
  if (!/^(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/i.test(host) || host.includes('..')) {
    refuse(`"${escapeText(host, { maxLength: 100 })}" is neither a DNS name nor an IP address`);
  }
  return { type: 'dns', value: host };
}

/** Positive and without a leading zero byte, as RFC 5280 §4.1.2.2 wants it. */
function serialNumber(random: Uint8Array): string {
  random[0] = ((random[0] as number) & 0x7f) | 0x40;
  return Buffer.from(random).toString('hex');
}

function refuse(message: string): never {
  throw new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause: 'certificate.options' });
}
