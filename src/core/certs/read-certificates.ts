import { createPrivateKey, X509Certificate } from 'node:crypto';
import { MoqtError } from '../errors/moqt-error.js';
import { escapeText } from '../util/escape.js';
import { parseCertificates } from './pem.js';

/** What else PEM files hold, by the words of their labels, the most telling first. */
const OTHERS: readonly (readonly [label: RegExp, what: string, hint: string])[] = [
  [/CERTIFICATE REQUEST$/, 'a request for a certificate', 'give the certificate that the authority made of it'],
  [/^PKCS ?#?7$|^CMS$/, 'a PKCS #7 bundle', 'openssl pkcs7 -print_certs -in FILE prints the certificates in it'],
  [/PRIVATE KEY$/, 'a private key', 'give the certificate that belongs to it; a key need never leave its place'],
  [/PUBLIC KEY$/, 'a public key', 'give the certificate that holds it'],
  [/CRL$/, 'a list of revoked certificates', 'give a certificate'],
];
/** The object identifier that a PKCS #7 bundle begins with, signedData (RFC 5652 §5.1), as DER. */
const SIGNED_DATA = Buffer.from('06092a864886f70d010702', 'hex');
const DER_KEYS = ['pkcs8', 'sec1', 'pkcs1'] as const;

/**
 * The certificates of a file, in order: PEM, other blocks between them skipped, or DER, one behind the other. Throws
 * MOQT_E_USAGE, which says what the bytes are instead; `name` is the file's.
 */
export function readCertificates(bytes: Uint8Array, name: string): X509Certificate[] {
  const file = escapeText(name, { maxLength: 200 });
  if (bytes.length === 0) throw refusal(`${file} is empty`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 #]+)-----/gm)].map(([, label]) => label as string);
  return labels.length > 0 ? readPem(text, labels, file) : readDer(bytes, file);
}

function readPem(text: string, labels: readonly string[], file: string): X509Certificate[] {
  let certificates: X509Certificate[];
  try {
    certificates = parseCertificates(text);
  } catch (error) {
    throw refusal(`${file}: ${(error as Error).message}`, 'is the file whole?', error);
  }
  if (certificates.length > 0) return certificates;
  if (labels.includes('CERTIFICATE')) throw refusal(`${file} breaks off in a certificate`, 'is the file whole?');
  for (const [label, what, hint] of OTHERS) {
    if (labels.some((one) => label.test(one))) throw refusal(`${file} holds ${what}, and no certificate`, hint);
  }
  throw refusal(`${file} holds ${escapeText(labels.join(', '), { maxLength: 100 })}, and no certificate`);
}

function readDer(bytes: Uint8Array, file: string): X509Certificate[] {
  const certificates: X509Certificate[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(rest);
    } catch (error) {
      if (certificates.length > 0) {
        throw refusal(`${file}: what follows its certificate ${certificates.length} cannot be read`, undefined, error);
      }
      if (isDerKey(bytes)) {
        throw refusal(`${file} holds a private key, and no certificate`, 'give the certificate that belongs to it');
      }
      if (Buffer.from(bytes.subarray(0, 32)).includes(SIGNED_DATA)) {
        const hint = 'openssl pkcs7 -inform DER -print_certs -in FILE prints the certificates in it';
        throw refusal(`${file} holds a PKCS #7 bundle, and no certificate`, hint);
      }
      throw refusal(`${file} is neither PEM nor DER of a certificate`, undefined, error);
    }
    certificates.push(certificate);
    rest = rest.subarray(certificate.raw.length);
  }
  return certificates;
}

function isDerKey(bytes: Uint8Array): boolean {
  return DER_KEYS.some((type) => {
    try {
      createPrivateKey({ key: Buffer.from(bytes), format: 'der', type });
      return true;
    } catch {
      return false;
    }
  });
}

function refusal(message: string, hint = 'expected certificates as PEM or DER', origin?: unknown): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause: 'certificate.unreadable', hint, origin });
}
