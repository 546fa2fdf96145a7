import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  connect,
  createSecureContext,
  type DetailedPeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { checkKeyPair, materialError } from '../tls-material.js';
import type { ConnectOptions } from '../transport.js';
import type { TrustPolicy } from '../trust-policy.js';
import { appendKeys } from './keylog.js';
import { ALPN_H2, noCommonProtocol, tlsFailure, tlsTimeout } from './tls-failure.js';

/** Longer chains exist only to exhaust whoever walks them. */
const MAX_CHAIN = 20;

/** A TLS connection whose peer is trusted, and on which nothing has been written yet. */
export interface TrustedTls {
  readonly socket: TLSSocket;
  /** Leaf first. */
  readonly chain: readonly X509Certificate[];
}

export interface SecureOptions {
  readonly context: SecureContext;
  readonly policy: TrustPolicy;
  /** Offered in ALPN (an empty list offers none), whatever the server makes of it. Absent: h2, which it must choose. */
  readonly protocols?: readonly string[];
  readonly keylogFile: string | undefined;
  readonly observer?: ConnectOptions['observer'];
  /** What is left of the connect deadline, ms; 0 is none. */
  readonly ms: number;
  /** The whole connect deadline, for the message. */
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
  readonly peer: string;
}

/** Throws MOQT_E_LOCAL_IO for a client certificate, key or CA that cannot be used: before a packet is sent. */
export function clientContext(policy: TrustPolicy, options: Pick<ConnectOptions, 'certPem' | 'keyPem'>): SecureContext {
  const { certPem, keyPem } = options;
  try {
    checkKeyPair(certPem, keyPem);
    return createSecureContext({
      // An empty list, because without one the library would load its own roots.
      ca: policy.libraryRoots === null ? [] : policy.libraryRoots,
      minVersion: 'TLSv1.2',
      ...(certPem === undefined ? {} : { cert: certPem }),
      ...(keyPem === undefined ? {} : { key: keyPem }),
    });
  } catch (error) {
    throw materialError(error instanceof Error ? error.message : String(error), error);
  }
}

/**
 * The TLS handshake on a connected socket, and the decision on what the peer showed, taken before a byte beyond the
 * handshake is written. Owns the socket: on failure it is destroyed. Rejects with MoqtError (stages `tls`, `alpn`), or with
 * the signal's reason.
 */
export async function secure(raw: Socket, options: SecureOptions): Promise<TrustedTls> {
  const { context, policy, protocols, keylogFile, observer, ms, limitMs, signal, peer } = options;
  const offered = protocols ?? [ALPN_H2];
  const address = raw.remoteAddress ?? '';
  signal?.throwIfAborted();
  const socket = connect({
    socket: raw,
    secureContext: context,
    ...(offered.length === 0 ? {} : { ALPNProtocols: [...offered] }),
    // The decision is made below, from what stays readable.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(policy.sni === null ? {} : { servername: policy.sni }),
  });
  // Without a listener an error that comes later, when others watch over the socket, would end the process.
  socket.on('error', () => {});
  if (keylogFile !== undefined) socket.on('keylog', (line) => appendKeys(keylogFile, line));
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<TrustedTls>((resolve, reject) => {
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (ms > 0) timer = setTimeout(() => reject(tlsTimeout(limitMs, peer)), ms);
      socket.once('error', (error: NodeJS.ErrnoException) => reject(tlsFailure(error, peer, offered)));
      socket.once('close', () => reject(tlsFailure(new Error('closed'), peer)));
      // In the turn of the event: nothing that the peer sent behind its handshake has been looked at.
      socket.once('secureConnect', () => {
        const chain = peerChain(socket);
        observer?.({ kind: 'certificates', address, chain });
        const distrust = decide(socket, policy, chain);
        if (distrust !== null) reject(distrust);
        else if (protocols === undefined && socket.alpnProtocol !== ALPN_H2) {
          reject(noCommonProtocol(socket.alpnProtocol, peer));
        } else {
          observer?.({ kind: 'established', address, protocol: socket.alpnProtocol || '' });
          resolve({ socket, chain });
        }
      });
    });
  } catch (error) {
    socket.destroy();
    raw.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

function decide(socket: TLSSocket, policy: TrustPolicy, chain: readonly X509Certificate[]) {
  const judged = policy.judge(chain);
  if (judged !== null || policy.libraryRoots === null || socket.authorized) return judged;
  // The library knows rules that we do not look at: name constraints, weak signatures.
  return policy.libraryRefusal(chain, `(${String(socket.authorizationError)})`);
}

/** What the peer sent, leaf first, as far as its members lead to one another. */
function peerChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<DetailedPeerCertificate>();
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.raw !== undefined && !seen.has(next) && chain.length < MAX_CHAIN) {
    seen.add(next);
    chain.push(new X509Certificate(next.raw));
    next = next.issuerCertificate;
  }
  return chain;
}
