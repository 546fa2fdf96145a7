import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { isFree } from './free-port.js';

/** A TCP server of a test, with what it sees of its clients. */
export interface TestServer {
  readonly port: number;
  /** Bytes that clients sent: above TLS, if it speaks TLS. */
  readonly received: () => number;
  /** Connections open now. */
  readonly open: () => number;
  /** Connections so far. */
  readonly accepted: () => number;
  close(): Promise<void>;
}

/** Accepts TCP connections and hands them over; by default they are read, and never answered. */
export async function tcpServer(onSocket: (socket: Socket) => void = (socket) => socket.resume()): Promise<TestServer> {
  return started(createServer(), 'connection', onSocket);
}

/** The same above TLS. */
export async function tlsServer(
  options: TlsOptions,
  onSocket: (socket: TLSSocket) => void = (socket) => socket.resume(),
): Promise<TestServer> {
  return started(createTlsServer(options), 'secureConnection', (socket) => onSocket(socket as TLSSocket));
}

async function started(server: Server, event: string, onSocket: (socket: Socket) => void): Promise<TestServer> {
  let received = 0;
  let accepted = 0;
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    accepted++;
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  });
  server.on(event, (socket: Socket) => {
    socket.on('error', () => {});
    const receive = socket.push.bind(socket);
    // Counted as the bytes arrive, whoever reads them and whether or not anybody does.
    socket.push = (chunk: Buffer | null, ...rest: []) => {
      received += chunk?.length ?? 0;
      return receive(chunk, ...rest);
    };
    onSocket(socket);
  });
  const port = await listenAlone(server);
  return {
    port,
    received: () => received,
    open: () => open.size,
    accepted: () => accepted,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Listens on a port on which nobody has UDP, and gives its number. */
async function listenAlone(server: Server): Promise<number> {
  for (;;) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    if (await isFree('udp', port)) return port;
    server.close();
    await once(server, 'close');
  }
}

/** A port whose queue of connections is full and never emptied: the system drops further SYNs, as a firewall would. */
export async function blackhole(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const worker = new Worker(
    `const { createServer } = require('node:net');
     const { parentPort } = require('node:worker_threads');
     const server = createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       // Deaf for good: nothing is accepted any more.
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  const [port] = (await once(worker, 'message')) as [number];
  const { connect } = await import('node:net');
  const fillers: Socket[] = [];
  // Until one is not answered any more.
  for (let full = false; !full && fillers.length < 16; ) {
    const filler = connect(port, '127.0.0.1');
    filler.on('error', () => {});
    fillers.push(filler);
    full = await Promise.race([
      once(filler, 'connect').then(() => false),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 200)),
    ]);
  }
  return {
    port,
    async close() {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
