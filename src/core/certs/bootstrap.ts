import type { LookupFunction } from 'node:net';
import { MoqtError } from '../errors/moqt-error.js';
import { escapeText } from '../util/escape.js';
import { parsePin } from './pins.js';

export interface BootstrapOptions {
  /** DNS name or IP literal without brackets. */
  readonly host: string;
  readonly port: number;
  /** For all requests together, ms; 0 is none. */
  readonly timeoutMs: number;
  /** Addresses to use instead of asking DNS. */
  readonly addresses?: readonly string[] | undefined;
  readonly family?: 4 | 6 | undefined;
  readonly bind?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BootstrapPin {
  readonly sha256: Uint8Array;
  /** Which path answered. */
  readonly path: string;
}

/** What development relays serve: moq-relay the first, moq-rs with --dev the second. */
const PATHS = ['/certificate.sha256', '/fingerprint'] as const;
/** A hash in hex with colons and a line break is 96 bytes. */
const MAX_BODY_BYTES = 1024;

/**
 * Asks a development server over plain HTTP for the SHA-256 of its certificate. Whoever controls the network can answer
 * anything: callers must warn unless the host is this machine.
 */
export async function fetchPin(options: BootstrapOptions): Promise<BootstrapPin> {
  const deadline = options.timeoutMs === 0 ? undefined : AbortSignal.timeout(options.timeoutMs);
  const signals = [deadline, options.signal].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  const refusals: string[] = [];
  for (const path of PATHS) {
    const answer = await get(path, options, signal).catch((error: unknown) => {
      if (options.signal?.aborted) throw options.signal.reason;
      if (deadline?.aborted) throw timeout(options);
      throw error;
    });
    if (answer.status === 200) return { sha256: readPin(answer.body, path, options), path };
    refusals.push(`${path}: ${answer.status}${answer.location === null ? '' : ` to ${answer.location}`}`);
  }
  throw new MoqtError('MOQT_E_REJECTED', `the server gave no certificate hash (${refusals.join(', ')})`, {
    stage: 'tls',
    cause: 'bootstrap.refused',
    peer: peerOf(options),
    hint: 'http:// is for development relays that serve /certificate.sha256; use https:// or --cert-sha256',
  });
}

/** True for names and addresses that never leave this machine. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:.+\.)?localhost\.?$/i.test(host) || /^127\.\d+\.\d+\.\d+$/.test(host) || host === '::1';
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location: string | null;
}

async function get(path: string, options: BootstrapOptions, signal: AbortSignal): Promise<Answer> {
  const { request } = await import('node:http');
  return new Promise<Answer>((resolve, reject) => {
    const outgoing = request({
      host: options.host,
      port: options.port,
      path,
      method: 'GET',
      headers: { accept: 'text/plain' },
      agent: false,
      signal,
      ...(options.family === undefined ? {} : { family: options.family }),
      ...(options.bind === undefined ? {} : { localAddress: options.bind }),
      ...(options.addresses === undefined ? {} : { lookup: fixedLookup(options.addresses) }),
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => reject(unreachable(error, options)));
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let total = 0;
      response.on('data', (chunk: Buffer) => {
        total += chunk.length;
        if (total > MAX_BODY_BYTES) outgoing.destroy(malformed(path, `more than ${MAX_BODY_BYTES} bytes`, options));
        else chunks.push(chunk);
      });
      response.on('error', (error: NodeJS.ErrnoException) => reject(unreachable(error, options)));
      response.on('end', () => {
        const { location } = response.headers;
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('latin1'),
          location: location === undefined ? null : escapeText(location, { maxLength: 200 }),
        });
      });
    });
    outgoing.end();
  });
}

function readPin(body: string, path: string, options: BootstrapOptions): Uint8Array {
  try {
    return parsePin(body);
  } catch {
    throw malformed(path, `"${escapeText(body.trim(), { maxLength: 80 })}"`, options);
  }
}

function fixedLookup(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, { all: wantsAll }, callback) => {
    if (wantsAll) callback(null, all);
    else callback(null, all[0]?.address ?? '', all[0]?.family ?? 4);
  };
}

function peerOf({ host, port }: BootstrapOptions): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function malformed(path: string, what: string, options: BootstrapOptions): MoqtError {
  return new MoqtError('MOQT_E_TLS', `${path} should hold the SHA-256 of the certificate, but it holds ${what}`, {
    stage: 'tls',
    cause: 'bootstrap.malformed',
    peer: peerOf(options),
    hint: 'is this a MoQ development relay? Otherwise use https:// or --cert-sha256',
  });
}

function timeout(options: BootstrapOptions): MoqtError {
  return new MoqtError('MOQT_E_TIMEOUT', 'the server did not give its certificate hash in time', {
    stage: 'tcp',
    cause: 'bootstrap.timeout',
    peer: peerOf(options),
    hint: 'http:// asks for it over TCP, at the same port; pin it with --cert-sha256 instead',
  });
}

function unreachable(error: NodeJS.ErrnoException | MoqtError, options: BootstrapOptions): MoqtError {
  if (error instanceof MoqtError) return error;
  const isDns = error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN';
  return new MoqtError(
    isDns ? 'MOQT_E_DNS' : 'MOQT_E_UNREACHABLE',
    `the certificate hash could not be fetched over HTTP: ${error.code ?? escapeText(error.message)}`,
    {
      stage: isDns ? 'dns' : 'tcp',
      cause: isDns ? 'dns.not-found' : error.code === 'ECONNREFUSED' ? 'tcp.refused' : 'tcp.failed',
      peer: peerOf(options),
      hint: 'http:// asks for it over TCP, at the same port; use https:// or --cert-sha256 instead',
      origin: error,
    },
  );
}
