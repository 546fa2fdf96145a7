import type { Socket } from 'node:dgram';
import { getSystemErrorName } from 'node:util';
import { DgramIo } from './dgram-io.js';
import { type LinuxUdp, type SocketName, socketName } from './linux-udp.js';
import type { Destination, PacketHandlers, Slab } from './packet-io.js';

const EAGAIN = 11;
const EIO = 5;
const EINVAL = 22;

/**
 * Packets in batches on Linux. Node's socket stays underneath: its event loop says when there is something to read, and it
 * takes over whatever a batch cannot do (a full socket buffer, a network card without checksums).
 */
export class BatchedIo extends DgramIo {
  override readonly kind = 'batched';
  readonly #udp: LinuxUdp;
  readonly #fd: number;
  readonly #names = new Map<string, SocketName>();
  #batchesWork = true;

  constructor(socket: Socket, handlers: PacketHandlers, udp: LinuxUdp, fd: number) {
    super(socket, handlers);
    this.#udp = udp;
    this.#fd = fd;
  }

  protected override receive(bytes: Buffer, host: string, port: number): void {
    super.receive(bytes, host, port);
    if (this.isClosed) return;
    // Node read one packet; what else is queued comes in one call, into memory that is used again.
    this.#udp.receive(this.#fd, this.#onPacket);
  }

  readonly #onPacket = (bytes: Uint8Array, from: Destination): void => {
    if (!this.isClosed) this.handlers.onPacket(bytes, from.host, from.port);
  };

  override send(slab: Slab, offset: number, length: number, segment: number, to: Destination | null): void {
    // Packets that Node has queued go first.
    if (!this.#batchesWork || this.isBusy || this.isClosed) {
      super.send(slab, offset, length, segment, to);
      return;
    }
    const errno = this.#udp.send(this.#fd, slab.buffer, offset, length, segment, to && this.#nameOf(to));
    if (errno === 0) return;
    if (errno === EAGAIN) {
      super.send(slab, offset, length, segment, to);
    } else if ((errno === EIO || errno === EINVAL) && length > segment) {
      this.#batchesWork = false;
      this.fallbackReason = `the network interface does not take batches (${getSystemErrorName(-errno)})`;
      super.send(slab, offset, length, segment, to);
    } else {
      const code = getSystemErrorName(-errno);
      this.handlers.onError(Object.assign(new Error(`sendmsg: ${code}`), { code, errno: -errno }));
    }
  }

  #nameOf(to: Destination): SocketName {
    const key = `${to.host} ${to.port}`;
    let name = this.#names.get(key);
    if (name === undefined) {
      if (this.#names.size >= 4096) this.#names.clear();
      name = socketName(to.host, to.port);
      this.#names.set(key, name);
    }
    return name;
  }
}

/**
 * The socket's file descriptor, or null. Node keeps it in a state object behind a symbol; its public `_handle` accessor
 * is deprecated and warns.
 */
export function descriptorOf(socket: Socket): number | null {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    if (symbol.description !== 'state symbol') continue;
    const state = (socket as unknown as Record<symbol, { handle?: { fd?: unknown } } | undefined>)[symbol];
    const fd = state?.handle?.fd;
    if (typeof fd === 'number' && fd >= 0) return fd;
  }
  return null;
}
