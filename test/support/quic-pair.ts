import { listenQuic, quicTransport } from '../../src/core/transport/quic/index.js';
import type {
  ConnectOptions,
  Listener,
  ListenOptions,
  RecvStream,
  TransportSession,
} from '../../src/core/transport/transport.js';
import { loopbackCertificate, loopbackOptions } from './loopback.js';

const open: { listeners: Listener[]; sessions: TransportSession[] } = { listeners: [], sessions: [] };

export interface TestServer {
  readonly listener: Listener;
  readonly port: number;
  /** The next session that has not been taken yet. */
  next(): Promise<TransportSession>;
}

export async function startServer(options: Partial<ListenOptions> = {}): Promise<TestServer> {
  const { certPem, keyPem } = await loopbackCertificate();
  const sessions: TransportSession[] = [];
  const waiting: ((session: TransportSession) => void)[] = [];
  const listener = await listenQuic(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: ['moqt-18'], idleTimeoutMs: 10_000, ...options },
    (session) => {
      open.sessions.push(session);
      const taker = waiting.shift();
      if (taker === undefined) sessions.push(session);
      else taker(session);
    },
  );
  open.listeners.push(listener);
  return {
    listener,
    port: listener.address.port,
    next: () => {
      const session = sessions.shift();
      return session === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(session);
    },
  };
}

export async function connectTo(port: number, options: Partial<ConnectOptions> = {}): Promise<TransportSession> {
  const session = await quicTransport.connect({ host: '127.0.0.1', port, path: '' }, await loopbackOptions(options));
  open.sessions.push(session);
  return session;
}

export async function connectPair(options: {
  server?: Partial<ListenOptions>;
  client?: Partial<ConnectOptions>;
}): Promise<{ client: TransportSession; server: TransportSession; listener: Listener }> {
  const { listener, port, next } = await startServer(options.server);
  const [client, server] = await Promise.all([connectTo(port, options.client), next()]);
  return { client, server, listener };
}

export async function readAll(stream: RecvStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Ends what a test has opened; for afterEach. */
export async function closeAll(): Promise<void> {
  await Promise.all(open.sessions.splice(0).map((session) => session.close(0n, '', 500)));
  await Promise.all(open.listeners.splice(0).map((listener) => listener.close()));
}
