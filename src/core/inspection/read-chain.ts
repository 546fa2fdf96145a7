import type { X509Certificate } from 'node:crypto';
import { hostPort, toAddress } from '../transport/address.js';
import { resolveHost } from '../transport/resolve-host.js';
import type { ConnectOptions, Target } from '../transport/transport.js';
import { trustPolicy } from '../transport/trust-policy.js';
import type { CertificateServer, ServerCarrier } from './source.js';

/** A chain as a server sent it. */
export interface ReadChain {
  /** `address:port` that answered. */
  readonly address: string;
  /** ALPN that was chosen; empty without. */
  readonly protocol: string;
  /** Leaf first; over TCP as far as its members lead to one another. */
  readonly chain: readonly X509Certificate[];
}

/** What a handshake needs to know; the rest of a connection never comes about. */
export interface ReadOptions {
  /** ALPNs of raw QUIC. */
  readonly protocols: readonly string[];
  readonly servername?: string | undefined;
  readonly certPem?: string | undefined;
  readonly keyPem?: string | undefined;
  readonly bind?: string | undefined;
  readonly resolve?: ConnectOptions['resolve'];
  readonly family?: 4 | 6 | undefined;
  /** For DNS, connection and TLS together, ms; 0 is none. */
  readonly timeoutMs: number;
  readonly keylogFile?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Long enough for the rest of a handshake and the close to leave. */
const CLOSE_MS = 500;
const H3_NO_ERROR = 0x100n;

/**
 * The certificates that a server shows, whatever they are worth: they are looked at, not believed, and beyond the handshake
 * nothing is sent but its end. Rejects with MoqtError when there is no handshake, or with the signal's reason.
 */
export async function readChain(
  server: CertificateServer,
  carrier: ServerCarrier,
  options: ReadOptions,
): Promise<ReadChain> {
  const target: Target = { host: server.host, port: server.port, path: '/' };
  const { protocols, timeoutMs, ...rest } = options;
  const common = { ...rest, verify: { kind: 'none' }, connectTimeoutMs: timeoutMs, idleTimeoutMs: timeoutMs } as const;
  if (carrier === 'tcp') return overTcp(target, server.tcpProtocols, common);
  // As many streams as HTTP/3 insists on (RFC 9114 §6.2); nobody reads them.
  const credit = { maxIncomingUni: 3, maxIncomingBidi: 0 };
  return overQuic(target, { ...common, ...credit, alpn: carrier === 'http3' ? ['h3'] : protocols });
}

async function overQuic(target: Target, options: ConnectOptions): Promise<ReadChain> {
  // Loaded only now: the QUIC library is a native addon.
  const { quicTransport } = await import('../transport/quic/client/connect.js');
  const session = await quicTransport.connect(target, options);
  try {
    const { host, port } = session.remote;
    return { address: hostPort(host, port), protocol: session.protocol, chain: session.peerCertificates() };
  } finally {
    await session.close(session.protocol === 'h3' ? H3_NO_ERROR : 0n, '', CLOSE_MS);
  }
}

async function overTcp(
  target: Target,
  protocols: readonly string[],
  options: Omit<ConnectOptions, 'alpn'>,
): Promise<ReadChain> {
  const start = performance.now();
  const { connectTimeoutMs: limitMs, bind, signal, keylogFile } = options;
  const left = (): number => (limitMs === 0 ? 0 : Math.max(1, limitMs - (performance.now() - start)));
  const peer = hostPort(target.host, target.port);
  const [{ connectTcp }, { clientContext, secure }] = await Promise.all([
    import('../transport/webtransport-h2/tcp.js'),
    import('../transport/webtransport-h2/tls.js'),
  ]);
  const policy = trustPolicy(target, options);
  const context = clientContext(policy, options);
  const addresses = await resolveHost(target, options, left());
  const raw = await connectTcp({ addresses, port: target.port, bind, ms: left(), limitMs, signal, peer });
  const remote = toAddress(raw.remoteAddress ?? '', raw.remotePort ?? 0);
  const secured = { context, policy, protocols, keylogFile, ms: left(), limitMs, signal, peer };
  const { socket, chain } = await secure(raw, secured);
  const protocol = socket.alpnProtocol || '';
  // Says goodbye as TLS does, then lets go.
  socket.destroySoon();
  return { address: hostPort(remote.host, remote.port), protocol, chain };
}
