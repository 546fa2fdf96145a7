import type { Destination, PacketIo, Slab } from './packet-io.js';

const SLAB_BYTES = 256 << 10;
const POOLED_SLABS = 8;
/** The kernel's limit on one segmented send (UDP_MAX_SEGMENTS is 64, the payload must stay below 64 KiB). */
const MAX_RUN_PACKETS = 44;
const MAX_RUN_BYTES = 63_000;

/**
 * Lays packets of one flush behind one another and sends equal-sized neighbours as one run, which the batched path hands
 * to the kernel in one call.
 */
export class PacketWriter {
  #slab: Slab | null = null;
  readonly #pool: Slab[] = [];
  #offset = 0;
  #runStart = 0;
  #runPackets = 0;
  #segment = 0;
  #to: Destination | null = null;
  #io: PacketIo | null = null;

  /** Space for one packet of at most `size` bytes. */
  slot(size: number): Buffer {
    if (this.#slab === null || this.#offset + size > SLAB_BYTES) this.#rotate();
    return (this.#slab as Slab).buffer.subarray(this.#offset, this.#offset + size);
  }

  /** The first `length` bytes of the slot are a packet. */
  commit(length: number, io: PacketIo, to: Destination | null): void {
    const joins =
      this.#runPackets > 0 &&
      length <= this.#segment &&
      this.#runPackets < MAX_RUN_PACKETS &&
      this.#offset + length - this.#runStart <= MAX_RUN_BYTES &&
      io === this.#io &&
      sameDestination(to, this.#to);
    if (!joins) {
      this.flush();
      this.#runStart = this.#offset;
      this.#segment = length;
      this.#to = to;
      this.#io = io;
    }
    this.#offset += length;
    this.#runPackets++;
    // A shorter packet ends its run: the kernel cuts at multiples of the first one's size.
    if (length < this.#segment) this.flush();
  }

  flush(): void {
    if (this.#runPackets === 0 || this.#slab === null) return;
    this.#runPackets = 0;
    this.#io?.send(this.#slab, this.#runStart, this.#offset - this.#runStart, this.#segment, this.#to);
  }

  #rotate(): void {
    this.flush();
    if (this.#slab === null || this.#slab.inFlight > 0) {
      if (this.#slab !== null && this.#pool.length < POOLED_SLABS) this.#pool.push(this.#slab);
      const free = this.#pool.findIndex((slab) => slab.inFlight === 0);
      this.#slab = free === -1 ? newSlab() : (this.#pool.splice(free, 1)[0] as Slab);
    }
    this.#offset = 0;
  }
}

/** One for the process: its runs end with each connection's flush, and a slab for every connection would be a waste. */
export const packetWriter = new PacketWriter();

function newSlab(): Slab {
  // Off the pooled heap, so that its address never moves under a system call.
  return { buffer: Buffer.allocUnsafeSlow(SLAB_BYTES), inFlight: 0 };
}

function sameDestination(a: Destination | null, b: Destination | null): boolean {
  if (a === b) return true;
  return a !== null && b !== null && a.port === b.port && a.host === b.host;
}
