import type { X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { MoqtError } from '../errors/moqt-error.js';
import { escapeText } from '../util/escape.js';
import { certificateBlocks, parseCertificates } from './pem.js';

export interface TrustedRoots {
  /** PEM bundle with at least one certificate. */
  readonly pem: string;
  /** Where they came from: a file's path, or `node` for the ones built into Node. */
  readonly source: string;
  readonly count: number;
  /** What a user should be told, for example that NODE_EXTRA_CA_CERTS could not be read. */
  readonly warnings: readonly string[];
}

/** Where the distributions keep their bundle, the first that exists is taken. */
const BUNDLES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
];

/** Ten times the largest bundle in the field: a bound, because the file is read whole. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

export interface SystemRootsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Instead of the usual places. */
  readonly bundles?: readonly string[];
}

/**
 * The roots that a chain is checked against when the user names none: SSL_CERT_FILE, else the system's bundle, else
 * Node's own, plus NODE_EXTRA_CA_CERTS. An SSL_CERT_FILE that cannot be used is an error, never "no roots".
 */
export async function systemRoots({ env, bundles = BUNDLES }: SystemRootsOptions): Promise<TrustedRoots> {
  const named = env.SSL_CERT_FILE;
  const base = named ? await readRoots(named, 'SSL_CERT_FILE') : await firstBundle(bundles);
  const extraFile = env.NODE_EXTRA_CA_CERTS;
  // Where both name one file, it is not read and parsed twice.
  if (!extraFile || extraFile === base.source) return base;
  try {
    const extra = await readRoots(extraFile, 'NODE_EXTRA_CA_CERTS');
    return {
      pem: `${base.pem}\n${extra.pem}`,
      source: `${base.source} and ${extra.source}`,
      count: base.count + extra.count,
      warnings: base.warnings,
    };
  } catch (error) {
    // As Node itself does: extra roots that are missing can only make a check fail, never pass.
    return { ...base, warnings: [...base.warnings, `ignored: ${(error as Error).message}`] };
  }
}

/** The roots of a `--ca` file, each parsed. An unreadable, empty or damaged file is MOQT_E_TLS. */
export async function readCaFile(path: string): Promise<TrustedRoots> {
  return readRoots(path, '--ca');
}

async function firstBundle(paths: readonly string[]): Promise<TrustedRoots> {
  for (const path of paths) {
    let pem: string;
    try {
      pem = await readBounded(path);
    } catch {
      // Every distribution has another of these places.
      continue;
    }
    const count = certificateBlocks(pem).length;
    if (count > 0) return { pem, source: path, count, warnings: [] };
  }
  // Loaded only where it is needed, which is nowhere that a bundle is installed.
  const { rootCertificates } = await import('node:tls');
  return { pem: rootCertificates.join('\n'), source: 'node', count: rootCertificates.length, warnings: [] };
}

async function readRoots(path: string, origin: string): Promise<TrustedRoots> {
  const name = `${origin} ${escapeText(path)}`;
  let pem: string;
  try {
    pem = await readBounded(path);
  } catch (error) {
    const problem = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw unusable(`${name} cannot be read: ${problem}`, 'tls.ca-unreadable', error);
  }
  let certificates: X509Certificate[];
  try {
    certificates = parseCertificates(pem);
  } catch (error) {
    throw unusable(`${name}: ${(error as Error).message}`, 'tls.ca-malformed', error);
  }
  if (certificates.length === 0) throw unusable(`${name} holds no certificate`, 'tls.ca-empty');
  return { pem, source: path, count: certificates.length, warnings: [] };
}

/** Never trusts the size that the file system gives: pipes and devices have none. */
async function readBounded(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(64 * 1024) });
      if (bytesRead === 0) return Buffer.concat(chunks).toString('latin1');
      total += bytesRead;
      if (total > MAX_FILE_BYTES) throw new Error('it is larger than any bundle of certificates');
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

function unusable(message: string, cause: string, origin?: unknown): MoqtError {
  return new MoqtError('MOQT_E_TLS', message, {
    stage: 'tls',
    cause,
    hint: 'give a PEM file with the certificates of the authorities to trust',
    origin,
  });
}
