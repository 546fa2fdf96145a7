import { listenQuic, quicTransport } from '../../src/core/transport/quic/index.js';
import type { Listener, TransportSession } from '../../src/core/transport/transport.js';
import { say } from './process-report.js';

/** Certificate and key, PEM, made once per bench and handed to every process. */
export interface Pair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Listens on a free port, tells it, and hands over each session. */
export async function listenOn(
  { certPem, keyPem }: Pair,
  alpn: string,
  onSession: (session: TransportSession) => void,
): Promise<Listener> {
  const options = { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: [alpn], idleTimeoutMs: 30_000 };
  const listener = await listenQuic(options, onSession);
  say('listening', { port: listener.address.port });
  return listener;
}

export function connectTo(port: number, alpn: string): Promise<TransportSession> {
  return quicTransport.connect(
    { host: '127.0.0.1', port, path: '/' },
    { alpn: [alpn], verify: { kind: 'none' }, connectTimeoutMs: 10_000, idleTimeoutMs: 30_000 },
  );
}

/** What the report says about how packets went. */
export function packetPath(session: TransportSession): { packetIo: string; packetSize: number; lost: number } {
  const { packetIo, packetSize, lostPackets } = session.stats();
  return { packetIo: packetIo ?? 'unknown', packetSize: packetSize ?? 0, lost: lostPackets };
}
