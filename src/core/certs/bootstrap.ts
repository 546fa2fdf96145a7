import type { LookupFunction } from 'node:net';
import type { Cause } from '../errors/causes.js';
import type { ErrorCode } from '../errors/error-codes.js';
import { MoqtError, type Stage } from '../errors/moqt-error.js';
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
  // It takes whole numbers only, and what is left of a limit is none.
  const deadline = options.timeoutMs === 0 ? undefined : AbortSignal.timeout(Math.ceil(options.timeoutMs));
  const signals = [deadline, options.signal].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  const refusals: string[] = [];
  const progress = { connected: false };
  for (const path of PATHS) {
    const answer = await get(path, options, signal, progress).catch((error: unknown) => {
      if (options.signal?.aborted) throw options.signal.reason;
      if (deadline?.aborted) throw timeout(options, progress.connected);
      throw error;
    });
    if (answer.status === 200) return { sha256: readPin(answer.body, path, options), path };
    refusals.push(`${path}: ${answer.status}${answer.location === null ? '' : ` to ${answer.location}`}`);
  }
  throw new MoqtError('MOQT_E_REJECTED', `the server gave no certificate hash (${refusals.join(', ')})`, {
    stage: 'tls',
    cause: 'bootstrap.refused',
    peer: peerOf(options),
    hint: `a web server answers there, but none that serves ${PATHS[0]}, as development relays do for http:// URLs: check the port, or use https:// with --cert-sha256`,
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

async function get(
  path: string,
  options: BootstrapOptions,
  signal: AbortSignal,
  progress: { connected: boolean },
): Promise<Answer> {
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
    outgoing.on('socket', (socket) =>
      socket.once('connect', () => {
        progress.connected = true;
      }),
    );
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let total = 0;
      response.on('data', (chunk: Buffer) => {
        total += chunk.length;
        if (total <= MAX_BODY_BYTES) {
          chunks.push(chunk);
          return;
        }
        // What a refusal says is of no interest; what should be a hash is none.
        if (response.statusCode === 200) reject(malformed(path, `more than ${MAX_BODY_BYTES} bytes`, options));
        else answered();
        outgoing.destroy();
      });
      response.on('error', (error: NodeJS.ErrnoException) => reject(unreachable(error, options)));
      const answered = (): void => {
        const { location } = response.headers;
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('latin1'),
          location: location === undefined ? null : escapeText(location, { maxLength: 200 }),
        });
      };
      response.on('end', answered);
    });
    outgoing.end();
  });
}

function readPin(body: string, path: string, options: BootstrapOptions): Uint8Array {
  try {
    return parsePin(body);
  } catch {
    const text = body.trim();
    throw malformed(path, text === '' ? 'nothing' : `"${escapeText(text, { maxLength: 80 })}"`, options);
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

function timeout(options: BootstrapOptions, connected: boolean): MoqtError {
  const { port, timeoutMs } = options;
  const limit = `within ${Math.round(timeoutMs)} ms`;
  return new MoqtError(
    'MOQT_E_TIMEOUT',
    connected
      ? `the server accepts TCP connections, but did not give its certificate hash over HTTP ${limit}`
      : `no TCP connection to port ${port}, to fetch the certificate hash over HTTP, came about ${limit}`,
    {
      stage: connected ? 'tls' : 'tcp',
      cause: connected ? 'bootstrap.timeout' : 'tcp.timeout',
      peer: peerOf(options),
      hint: connected
        ? `is it a MoQ development relay that listens on TCP port ${port}? Otherwise use https:// with --cert-sha256`
        : `${OVER_TCP}: a firewall may drop TCP, or the host is down; use https:// with --cert-sha256 where only UDP passes`,
    },
  );
}

const OVER_TCP = 'http:// fetches the hash over TCP, at the same port';

/** What the system or the HTTP parser says, as a code, a cause and words. */
function failureOf(code: string | undefined): {
  code: ErrorCode;
  cause: Cause;
  stage: Stage;
  words: string;
  hint: string;
} {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const isLate = code === 'EAI_AGAIN';
    const hint = isLate ? 'the resolver of this machine does not answer' : 'check the name';
    const words = isLate ? 'the name could not be resolved' : 'the name does not exist';
    return { code: 'MOQT_E_DNS', cause: isLate ? 'dns.timeout' : 'dns.not-found', stage: 'dns', words, hint };
  }
  if (code === 'ECONNREFUSED') {
    const hint = `${OVER_TCP}: use https:// with --cert-sha256 for a relay without it, and check the port`;
    return {
      code: 'MOQT_E_UNREACHABLE',
      cause: 'tcp.refused',
      stage: 'tcp',
      words: 'nothing listens on that TCP port',
      hint,
    };
  }
  if (code === 'ETIMEDOUT') {
    const words = 'the TCP connection did not come about';
    return { code: 'MOQT_E_TIMEOUT', cause: 'tcp.timeout', stage: 'tcp', words, hint: OVER_TCP };
  }
  if (code?.startsWith('HPE_')) {
    const words = 'what answers on that TCP port does not speak HTTP';
    const hint = `another service on that port? ${OVER_TCP}; use https:// with --cert-sha256 for a relay without it`;
    return { code: 'MOQT_E_PROTOCOL', cause: 'bootstrap.not-http', stage: 'tls', words, hint };
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    const words = 'the server closed the TCP connection without an answer';
    const hint = `it may want TLS on that port, or be another service: ${OVER_TCP}; use https:// with --cert-sha256`;
    return { code: 'MOQT_E_PROTOCOL', cause: 'bootstrap.closed', stage: 'tls', words, hint };
  }
  const hint = `${OVER_TCP}; use https:// with --cert-sha256 instead`;
  return { code: 'MOQT_E_UNREACHABLE', cause: 'network.unreachable', stage: 'tcp', words: code ?? 'it failed', hint };
}

function unreachable(error: NodeJS.ErrnoException | MoqtError, options: BootstrapOptions): MoqtError {
  if (error instanceof MoqtError) return error;
  const { code, cause, stage, words, hint } = failureOf(error.code);
  const message = `the certificate hash could not be fetched over HTTP: ${words}`;
  return new MoqtError(code, message, { stage, cause, hint, peer: peerOf(options), origin: error });
}
