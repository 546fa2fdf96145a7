import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Whether nobody has the port now. A test that serves one of UDP and TCP on a port of the system's choice, and counts on
 * nobody or on room at the other, meets somebody else there now and then: tests run side by side.
 */
export async function isFree(kind: 'udp' | 'tcp', port: number, host = '127.0.0.1'): Promise<boolean> {
  return kind === 'udp' ? isFreeOfUdp(port, host) : isFreeOfTcp(port, host);
}

/** A port that nobody has now, on UDP and on TCP. */
export async function freePort(): Promise<number> {
  for (;;) {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    if (await isFree('tcp', port)) return port;
  }
}

/** What `start` gives, started anew until nobody has its port for the other protocol. */
export async function withFree<T extends { readonly port: number }>(
  kind: 'udp' | 'tcp',
  start: () => Promise<T>,
  stop: (started: T) => Promise<unknown>,
): Promise<T> {
  for (;;) {
    const started = await start();
    if (await isFree(kind, started.port)) return started;
    await stop(started);
  }
}

async function isFreeOfUdp(port: number, host: string): Promise<boolean> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const bound = once(socket, 'listening').then(
    () => true,
    () => false,
  );
  socket.bind(port, host);
  const isOurs = await bound;
  const closed = once(socket, 'close');
  socket.close();
  await closed;
  return isOurs;
}

async function isFreeOfTcp(port: number, host: string): Promise<boolean> {
  const server = createServer();
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  const closed = once(server, 'close');
  server.close();
  await closed;
  return true;
}
