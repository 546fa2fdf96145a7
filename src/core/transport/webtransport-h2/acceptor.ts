import { createServer, type Server, type Socket } from 'node:net';
import { hostPort } from '../address.js';

const TLS_HANDSHAKE_RECORD = 0x16;

export interface AcceptorOptions {
  /** Connections beyond which new ones are refused. */
  readonly maxConnections: number;
  /** Connections without a request yet, beyond which the oldest of them gives way. */
  readonly maxHalfOpen: number;
  /** How long a connection may take to ask for something, ms. */
  readonly handshakeTimeoutMs: number;
  /** A connection whose first byte is TLS's. */
  readonly onTls: (socket: Socket) => void;
  /** Any other. */
  readonly onPlain: (socket: Socket) => void;
  readonly count: (name: AcceptorCounter) => void;
}

export type AcceptorCounter = 'connectionsRefused' | 'halfOpenEvicted' | 'handshakeTimeouts';

/**
 * Takes TCP connections and tells by their first byte what they are. Every connection is half-open, with a deadline, until
 * settled() is called for it.
 */
export class Acceptor {
  readonly server: Server;
  readonly #options: AcceptorOptions;
  readonly #open = new Set<Socket>();
  /** By remote address; in the order in which they came. */
  readonly #halfOpen = new Map<string, { socket: Socket; deadline: NodeJS.Timeout }>();
  readonly #sockets = new Map<string, Socket>();

  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.server = createServer((socket) => this.#onConnection(socket));
  }

  get open(): number {
    return this.#open.size;
  }

  get halfOpen(): number {
    return this.#halfOpen.size;
  }

  /** The TCP socket below a TLS one, which does not name it; null when it has gone. */
  socketOf(upper: Socket): Socket | null {
    return this.#sockets.get(remoteKey(upper)) ?? null;
  }

  /** The connection has come so far that its deadline and its place among the half-open ones are over. */
  settled(socket: Socket): void {
    this.#settle(remoteKey(socket));
  }

  /** Ends all connections at once. */
  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Ends those that have not asked for anything yet. */
  destroyHalfOpen(): void {
    for (const { socket } of this.#halfOpen.values()) socket.destroy();
  }

  #onConnection(socket: Socket): void {
    // Errors end in 'close'; without a listener they would end the process.
    socket.on('error', () => {});
    const { maxConnections, maxHalfOpen, handshakeTimeoutMs, count } = this.#options;
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    if (this.#open.size >= maxConnections) {
      count('connectionsRefused');
      socket.resetAndDestroy();
      return;
    }
    socket.setNoDelay(true);
    const key = remoteKey(socket);
    const deadline = setTimeout(() => {
      count('handshakeTimeouts');
      socket.destroy();
    }, handshakeTimeoutMs);
    this.#open.add(socket);
    this.#sockets.set(key, socket);
    this.#halfOpen.set(key, { socket, deadline });
    socket.once('close', () => {
      this.#open.delete(socket);
      if (this.#sockets.get(key) === socket) {
        this.#sockets.delete(key);
        this.#settle(key);
      }
    });
    if (this.#halfOpen.size > maxHalfOpen) this.#evictOldest();
    this.#sniff(socket);
  }

  /** Those that are honest need a few round trips: what has waited longest is the likeliest never to come to anything. */
  #evictOldest(): void {
    for (const { socket } of this.#halfOpen.values()) {
      this.#options.count('halfOpenEvicted');
      this.#settle(remoteKey(socket));
      socket.destroy();
      return;
    }
  }

  #settle(key: string): void {
    clearTimeout(this.#halfOpen.get(key)?.deadline);
    this.#halfOpen.delete(key);
  }

  #sniff(socket: Socket): void {
    const onReadable = (): void => {
      const first: Buffer | null = socket.read(1);
      if (first === null) return;
      socket.off('readable', onReadable);
      socket.unshift(first);
      if (first[0] === TLS_HANDSHAKE_RECORD) this.#options.onTls(socket);
      else this.#options.onPlain(socket);
    };
    socket.on('readable', onReadable);
    socket.once('end', () => socket.destroy());
  }
}

function remoteKey(socket: Socket): string {
  return hostPort(socket.remoteAddress ?? '', socket.remotePort ?? 0);
}
