import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A network between TCP clients and a server on loopback, which can go dark or break. */
export class TcpProxy {
  /** While true, bytes are taken and go nowhere; connections stay open. */
  blackhole = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((client) => {
      const upstream = connect(target.port, target.host);
      this.#relay(client, upstream);
      this.#relay(upstream, client);
    });
  }

  /** Listens on `port`; 0 is a free one. */
  static async start(target: { readonly host: string; readonly port: number }, port = 0): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #relay(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => {});
    from.on('data', (bytes) => {
      if (!this.blackhole) to.write(bytes);
    });
    from.on('end', () => {
      if (!this.blackhole) to.end();
    });
    from.once('close', () => {
      this.#sockets.delete(from);
      if (!this.blackhole) to.destroy();
    });
  }
}
