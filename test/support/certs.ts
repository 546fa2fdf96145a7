import { webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate with its key, as files would hold them, and its hash, as a pin. */
export interface TestCertificate {
  readonly certPem: string;
  readonly keyPem: string;
  /** Of the DER. */
  readonly sha256: Uint8Array;
  readonly x509: X509Certificate;
}

export interface TestAuthority extends TestCertificate {
  issue(options?: IssueOptions): Promise<TestCertificate>;
  /** An authority below this one. */
  intermediate(name: string, options?: IssueOptions): Promise<TestAuthority>;
}

export interface IssueOptions {
  /** Default: localhost, 127.0.0.1 and ::1. */
  readonly hosts?: readonly string[];
  /** Days from now, also negative; default from -1 to 10. */
  readonly fromDays?: number;
  readonly toDays?: number;
  /** Where the issuer's certificate can be had (AIA caIssuers); default nowhere. */
  readonly caIssuers?: string;
  /** Extended key usage; default serverAuth. */
  readonly purposes?: readonly string[];
  /** Default P-256. */
  readonly key?: keyof typeof KEYS;
  /** Where the issuer's certificate is (AIA caIssuers). */
  readonly issuerUrl?: string;
}

export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '::1'];

const DAY_MS = 86_400_000;
const KEYS = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  RSA: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
} as const;

interface Signer {
  readonly name: string;
  readonly algorithm: (typeof KEYS)[keyof typeof KEYS];
  readonly key: webcrypto.CryptoKey;
}

export async function selfSigned(options: IssueOptions = {}): Promise<TestCertificate> {
  return (await make('CN=leaf', null, false, options)).certificate;
}

export async function expired(): Promise<TestCertificate> {
  return selfSigned({ fromDays: -10, toDays: -1 });
}

export async function notYetValid(): Promise<TestCertificate> {
  return selfSigned({ fromDays: 1, toDays: 10 });
}

export async function wrongHost(): Promise<TestCertificate> {
  return selfSigned({ hosts: ['elsewhere.example', '192.0.2.1'] });
}

export async function authority(name = 'Test Root', options: IssueOptions = {}): Promise<TestAuthority> {
  return asAuthority(`CN=${name}`, await make(`CN=${name}`, null, true, options));
}

function asAuthority(
  name: string,
  { certificate, keys }: { certificate: TestCertificate; keys: webcrypto.CryptoKeyPair },
): TestAuthority {
  const signer: Signer = { name, key: keys.privateKey, algorithm: KEYS['P-256'] };
  return {
    ...certificate,
    issue: async (options = {}) => (await make('CN=leaf', signer, false, options)).certificate,
    intermediate: async (child, options = {}) =>
      asAuthority(`CN=${child}`, await make(`CN=${child}`, signer, true, options)),
  };
}

async function make(
  subject: string,
  signer: Signer | null,
  isAuthority: boolean,
  options: IssueOptions,
): Promise<{ certificate: TestCertificate; keys: webcrypto.CryptoKeyPair }> {
  const {
    hosts = LOOPBACK_HOSTS,
    fromDays = -1,
    toDays = 10,
    purposes = [x509.ExtendedKeyUsage.serverAuth],
    key = 'P-256',
  } = options;
  const algorithm = KEYS[key];
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const names = hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }));
  const created = await x509.X509CertificateGenerator.create(
    {
      serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)).fill(0x41, 0, 1)).toString('hex'),
      subject,
      issuer: signer?.name ?? subject,
      notBefore: new Date(Date.now() + fromDays * DAY_MS),
      notAfter: new Date(Date.now() + toDays * DAY_MS),
      publicKey: keys.publicKey,
      signingKey: signer?.key ?? keys.privateKey,
      signingAlgorithm: signer?.algorithm ?? algorithm,
      extensions: isAuthority
        ? [
            new x509.BasicConstraintsExtension(true, undefined, true),
            new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
          ]
        : [
            new x509.BasicConstraintsExtension(false, undefined, true),
            new x509.SubjectAlternativeNameExtension(names),
            new x509.ExtendedKeyUsageExtension([...purposes]),
            ...(options.caIssuers === undefined
              ? []
              : [new x509.AuthorityInfoAccessExtension({ caIssuers: options.caIssuers })]),
            ...(options.issuerUrl === undefined
              ? []
              : [new x509.AuthorityInfoAccessExtension({ caIssuers: [options.issuerUrl] })]),
          ],
    },
    webcrypto,
  );
  const certPem = `${created.toString('pem')}\n`;
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const parsed = new X509Certificate(certPem);
  return {
    certificate: {
      certPem,
      keyPem: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
      sha256: new Uint8Array(Buffer.from(parsed.fingerprint256.replaceAll(':', ''), 'hex')),
      x509: parsed,
    },
    keys,
  };
}
