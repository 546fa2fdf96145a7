import { generateCertificate } from '../../src/core/certs/generate.js';
import type { ConnectOptions, Listener, TransportSession } from '../../src/core/transport/transport.js';

let certificate: ReturnType<typeof generateCertificate> | null = null;

/** For localhost and the loopback addresses; made once in a process. */
export function loopbackCertificate(): ReturnType<typeof generateCertificate> {
  certificate ??= generateCertificate({ hosts: ['localhost', '127.0.0.1', '::1'], days: 13 });
  return certificate;
}

/** What a client on the loopback address needs to trust it. */
export async function loopbackOptions(options: Partial<ConnectOptions> = {}): Promise<ConnectOptions> {
  const { sha256 } = await loopbackCertificate();
  return {
    alpn: ['moqt-18'],
    verify: { kind: 'pins', sha256: [sha256] },
    connectTimeoutMs: 5000,
    idleTimeoutMs: 10_000,
    ...options,
  };
}

/** Both ends of a connection, and the listener between them. */
export interface LoopbackPair {
  readonly client: TransportSession;
  readonly server: TransportSession;
  readonly listener: Listener;
  dispose(): Promise<void>;
}

export function loopbackPair(client: TransportSession, server: TransportSession, listener: Listener): LoopbackPair {
  return {
    client,
    server,
    listener,
    async dispose() {
      await Promise.all([client.close(0n, '', 500), server.close(0n, '', 500)]);
      await listener.close({ closeSessions: { code: 0n, reason: '' } });
    },
  };
}
