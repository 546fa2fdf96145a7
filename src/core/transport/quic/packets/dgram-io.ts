import type { Socket } from 'node:dgram';
import { type Deferred, deferred } from '../../../util/deferred.js';
import { toAddress } from '../../address.js';
import type { Address } from '../../transport.js';
import type { Destination, PacketHandlers, PacketIo, Slab } from './packet-io.js';

/** Packets one by one through Node's dgram: works everywhere. */
export class DgramIo implements PacketIo {
  readonly kind: 'dgram' | 'batched' = 'dgram';
  readonly local: Address;
  fallbackReason: string | undefined;
  protected readonly socket: Socket;
  protected readonly handlers: PacketHandlers;
  #inFlight = 0;
  #drained: Deferred<void> | null = null;
  #closed = false;

  constructor(socket: Socket, handlers: PacketHandlers, fallbackReason?: string) {
    this.socket = socket;
    this.handlers = handlers;
    this.fallbackReason = fallbackReason;
    const { address, port } = socket.address();
    this.local = toAddress(address, port);
    socket.on('message', (bytes, from) => this.receive(bytes, from.address, from.port));
    socket.on('error', (error) => handlers.onError(error));
  }

  protected get isClosed(): boolean {
    return this.#closed;
  }

  /** Packets wait in Node's own queue. */
  protected get isBusy(): boolean {
    return this.#inFlight > 0;
  }

  protected receive(bytes: Buffer, host: string, port: number): void {
    this.handlers.onPacket(bytes, host, port);
  }

  send(slab: Slab, offset: number, length: number, segment: number, to: Destination | null): void {
    if (this.#closed) return;
    for (let at = 0; at < length; at += segment) {
      const size = Math.min(segment, length - at);
      slab.inFlight++;
      this.#inFlight++;
      const done = (error: Error | null): void => {
        slab.inFlight--;
        this.#sent(error);
      };
      if (to === null) this.socket.send(slab.buffer, offset + at, size, done);
      else this.socket.send(slab.buffer, offset + at, size, to.port, to.host, done);
    }
  }

  #sent(error: NodeJS.ErrnoException | null): void {
    this.#inFlight--;
    if (this.#inFlight === 0) {
      this.#drained?.resolve();
      this.#drained = null;
    }
    if (error !== null && !this.#closed) this.handlers.onError(error);
  }

  async drained(): Promise<void> {
    if (this.#inFlight === 0) return;
    this.#drained ??= deferred();
    await this.#drained.promise;
  }

  keepAlive(alive: boolean): void {
    if (this.#closed) return;
    if (alive) this.socket.ref();
    else this.socket.unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drained?.resolve();
    this.socket.close();
  }
}
