import { listenQuic, quicTransport } from '../../src/core/transport/quic/index.js';
import type { ConnectOptions, Listener, Transport, TransportSession } from '../../src/core/transport/transport.js';
import { webtransportTransport } from '../../src/core/transport/webtransport/index.js';
import { webtransportH2Transport } from '../../src/core/transport/webtransport-h2/index.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';
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
  return quicTransport.connect(place(port), { ...OPTIONS, alpn: [alpn] });
}

export type ClientTransport = 'quic' | 'webtransport' | 'webtransport-h2';

const TRANSPORTS: Readonly<Record<ClientTransport, Transport>> = {
  quic: quicTransport,
  webtransport: webtransportTransport,
  'webtransport-h2': webtransportH2Transport,
};

const OPTIONS: Omit<ConnectOptions, 'alpn'> = {
  verify: { kind: 'none' },
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 30_000,
};

const place = (port: number) => ({ host: '127.0.0.1', port, path: '/' });

/** Connects for a draft, over any of the transports. */
export function connectFor(
  { alpn, webtransportProtocol }: DraftProfile,
  port: number,
  transport: ClientTransport = 'quic',
): Promise<TransportSession> {
  const overHttp = webtransportProtocol === null ? [] : [webtransportProtocol];
  return TRANSPORTS[transport].connect(place(port), { ...OPTIONS, alpn: transport === 'quic' ? [alpn] : overHttp });
}

/** What the report says about how packets went. */
export function packetPath(session: TransportSession): { packetIo: string; packetSize: number; lost: number } {
  const { packetIo, packetSize, lostPackets } = session.stats();
  return { packetIo: packetIo ?? 'unknown', packetSize: packetSize ?? 0, lost: lostPackets };
}
