import type { X509Certificate } from 'node:crypto';
import type { X509Certificate as DecodedCertificate } from '@peculiar/x509';
import type { CertificateDetails, KeyFacts } from '../records/certificate-report.js';
import { toHex } from '../util/bytes.js';
import { isSelfSigned } from './chain.js';
import { certificateSha256 } from './trust.js';

/** OpenSSL's names of the curves of NIST. */
const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
const KEY_TYPES: Readonly<Record<string, string>> = {
  ec: 'EC',
  rsa: 'RSA',
  'rsa-pss': 'RSA-PSS',
  dsa: 'DSA',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
};
const CURVE_BITS: Readonly<Record<string, number>> = { 'P-256': 256, 'P-384': 384, 'P-521': 521 };

/** What a certificate says of itself. `now` in epoch ms. */
export async function certificateDetails(certificate: X509Certificate, now: number): Promise<CertificateDetails> {
  const { decoded, names } = await decode(certificate);
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  return {
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    serial: certificate.serialNumber.toLowerCase(),
    names,
    key: keyFacts(certificate),
    signature: decoded === null ? null : signatureName(decoded),
    notBefore: new Date(from).toISOString(),
    notAfter: new Date(to).toISOString(),
    validitySeconds: Math.round((to - from) / 1000),
    remainingSeconds: Math.floor((to - now) / 1000),
    ca: certificate.ca,
    selfSigned: isSelfSigned(certificate),
    sha256: toHex(certificateSha256(certificate)),
  };
}

/** A distinguished name in one line: `CN=Root, O=Example`. */
export function distinguishedName(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ');
}

function keyFacts(certificate: X509Certificate): KeyFacts {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details = {} } = certificate.publicKey;
  const named = details.namedCurve;
  const curve = named === undefined ? null : (CURVES[named] ?? named);
  return {
    type: KEY_TYPES[type] ?? type,
    curve,
    bits: details.modulusLength ?? (curve === null ? null : (CURVE_BITS[curve] ?? null)),
  };
}

/** What node:crypto does not give apart: the names one by one, and the signature's algorithm. */
async function decode(
  certificate: X509Certificate,
): Promise<{ decoded: DecodedCertificate | null; names: readonly string[] }> {
  // The library registers classes and metadata when it is loaded, and takes a tenth of a second for it.
  const x509 = await import('@peculiar/x509');
  try {
    const decoded = new x509.X509Certificate(certificate.raw);
    const items = decoded.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
    const names = items.map(({ type, value }) => (type === 'dns' || type === 'ip' ? value : `${type}:${value}`));
    return { decoded, names };
  } catch {
    // It is stricter than the TLS libraries: what they take must be shown.
    const text = certificate.subjectAltName ?? '';
    return {
      decoded: null,
      names: text === '' ? [] : text.split(', ').map((name) => name.replace(/^(?:DNS|IP Address):/, '')),
    };
  }
}

function signatureName(decoded: DecodedCertificate): string {
  const { name, hash } = decoded.signatureAlgorithm as { name: string; hash?: { name: string } };
  const family = name === 'RSASSA-PKCS1-v1_5' ? 'RSA' : name;
  return hash === undefined ? family : `${family} with ${hash.name}`;
}
