import { createRequire } from 'node:module';
import type { LibraryHandle } from 'koffi';

/** Packets taken by one recvmmsg. */
const BATCH = 64;
/** Room for each: our own limit on packets, see MAX_RECEIVED_PACKET in config.ts. */
const ROOM = 16_384;

const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const AF_INET = 2;

/** Sizes of the structures on 64-bit Linux (socket(7), cmsg(3), recvmmsg(2)). */
const IOVEC = 16;
const MSGHDR = 56;
const MMSGHDR = 64;
const SOCKADDR = 28;
const NAME_STRIDE = 32;
const CMSG_LENGTH = 18;
const CMSG_SPACE = 24;

/** System calls that Node does not offer: many packets in one call, out (UDP_SEGMENT) and in (recvmmsg). */
export interface LinuxUdp {
  /** Whether the kernel cuts one large send into packets (Linux 4.18). */
  supportsSegments(fd: number): boolean;
  /**
   * Sends bytes of `buffer`, cut into packets of `segment` bytes. 0, or the errno. `buffer` must be one of
   * allocUnsafeSlow: it must not move while the kernel reads it.
   */
  send(fd: number, buffer: Buffer, offset: number, length: number, segment: number, to: SocketName | null): number;
  /** Takes what is queued, up to a bound; `bytes` are valid during the call only. */
  receive(fd: number, onPacket: (bytes: Uint8Array, from: { host: string; port: number }) => void): void;
}

/** A destination in the kernel's form. */
export type SocketName = Buffer;

export async function loadLinuxUdp(): Promise<LinuxUdp> {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) {
    throw new Error(`batches are for Linux on x64 and arm64, this is ${process.platform} on ${process.arch}`);
  }
  // As CommonJS it takes half as long as with import().
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  return new KoffiUdp(koffi.load(null), () => koffi.errno());
}

/** The name of an address, as sockaddr_in or sockaddr_in6. */
export function socketName(host: string, port: number): SocketName {
  const name = Buffer.alloc(SOCKADDR);
  if (host.includes(':')) {
    name.writeUInt16LE(10, 0);
    name.writeUInt16BE(port, 2);
    parseIpv6(host).copy(name, 8);
    return name;
  }
  name.writeUInt16LE(AF_INET, 0);
  name.writeUInt16BE(port, 2);
  host.split('.').forEach((part, i) => {
    name[4 + i] = Number(part);
  });
  return name.subarray(0, 16);
}

/** RFC 4291 §2.2, for what the system or our own code wrote. */
function parseIpv6(host: string): Buffer {
  const mapped = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  let text = host;
  if (mapped !== null) {
    const [a, b, c, d] = mapped.slice(2).map(Number) as [number, number, number, number];
    text = `${mapped[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const bytes = Buffer.alloc(16);
  left.forEach((group, i) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * i);
  });
  right.forEach((group, i) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), 16 - 2 * (right.length - i));
  });
  return bytes;
}

function formatIpv6(bytes: Buffer): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes.readUInt16BE(i).toString(16));
  // The longest run of zeros becomes `::`, as Node writes it, so that both packet paths name a peer alike.
  const full = groups.join(':');
  const runs = [...full.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length);
  const run = runs[0];
  const text =
    run === undefined
      ? full
      : `${full.slice(0, run.index)}::${full.slice(run.index + run[0].length).replace(/^:/, '')}`;
  const isMapped = bytes.readUInt32BE(0) === 0 && bytes.readUInt32BE(4) === 0 && bytes.readUInt32BE(8) === 0xffff;
  return isMapped ? `::ffff:${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}` : text;
}

class KoffiUdp implements LinuxUdp {
  readonly #sendmsg: (fd: number, message: Buffer, flags: number) => number;
  readonly #recvmmsg: (fd: number, messages: Buffer, count: number, flags: number, timeout: null) => number;
  readonly #setsockopt: (fd: number, level: number, option: number, value: Buffer, length: number) => number;
  readonly #memmove: (to: Buffer, from: Buffer, length: number) => number | bigint;
  readonly #errno: () => number;

  // Everything whose address the kernel gets lives off the JavaScript heap and is referenced from here.
  readonly #page = Buffer.allocUnsafeSlow(512).fill(0);
  readonly #pageAddress: bigint;
  readonly #iov = this.#page.subarray(0, IOVEC);
  readonly #control = this.#page.subarray(64, 64 + CMSG_SPACE);
  readonly #name = this.#page.subarray(128, 128 + SOCKADDR);
  readonly #message = this.#page.subarray(192, 192 + MSGHDR);
  readonly #addresses = new WeakMap<Buffer, bigint>();

  #packets: Buffer | null = null;
  readonly #vectors = Buffer.allocUnsafeSlow(BATCH * IOVEC);
  readonly #messages = Buffer.allocUnsafeSlow(BATCH * MMSGHDR).fill(0);
  readonly #names = Buffer.allocUnsafeSlow(BATCH * NAME_STRIDE).fill(0);
  readonly #known = new Map<number | string, { host: string; port: number }>();
  #receiving = false;

  constructor(libc: LibraryHandle, errno: () => number) {
    this.#sendmsg = libc.func('long sendmsg(int fd, void *message, int flags)');
    this.#recvmmsg = libc.func('int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)');
    this.#setsockopt = libc.func('int setsockopt(int fd, int level, int option, void *value, unsigned int length)');
    this.#memmove = libc.func('uintptr_t memmove(void *to, void *from, size_t length)');
    this.#errno = errno;
    this.#pageAddress = this.#addressOf(this.#page);
    this.#control.writeBigUInt64LE(BigInt(CMSG_LENGTH), 0);
    this.#control.writeInt32LE(SOL_UDP, 8);
    this.#control.writeInt32LE(UDP_SEGMENT, 12);
    this.#message.writeBigUInt64LE(this.#pageAddress, 16);
    this.#message.writeBigUInt64LE(1n, 24);
  }

  /** Moving nothing gives the address of the destination. */
  #addressOf(buffer: Buffer): bigint {
    return BigInt(this.#memmove(buffer, buffer, 0));
  }

  supportsSegments(fd: number): boolean {
    const off = Buffer.allocUnsafeSlow(128).fill(0);
    return this.#setsockopt(fd, SOL_UDP, UDP_SEGMENT, off, 4) === 0;
  }

  send(fd: number, buffer: Buffer, offset: number, length: number, segment: number, to: SocketName | null): number {
    let base = this.#addresses.get(buffer);
    if (base === undefined) {
      base = this.#addressOf(buffer);
      this.#addresses.set(buffer, base);
    }
    const message = this.#message;
    this.#iov.writeBigUInt64LE(base + BigInt(offset), 0);
    this.#iov.writeUInt32LE(length, 8);
    if (to === null) {
      message.writeBigUInt64LE(0n, 0);
      message.writeUInt32LE(0, 8);
    } else {
      to.copy(this.#name);
      message.writeBigUInt64LE(this.#pageAddress + 128n, 0);
      message.writeUInt32LE(to.length, 8);
    }
    const several = length > segment;
    if (several) this.#control.writeUInt16LE(segment, 16);
    message.writeBigUInt64LE(several ? this.#pageAddress + 64n : 0n, 32);
    message.writeUInt32LE(several ? CMSG_SPACE : 0, 40);
    return this.#sendmsg(fd, message, MSG_DONTWAIT) >= 0 ? 0 : this.#errno();
  }

  receive(fd: number, onPacket: (bytes: Uint8Array, from: { host: string; port: number }) => void): void {
    // A handler must not come back here: the buffers are in use.
    if (this.#receiving) return;
    this.#receiving = true;
    try {
      this.#packets ??= this.#prepare();
      for (let total = 0; total < 4 * BATCH; ) {
        const count = this.#recvmmsg(fd, this.#messages, BATCH, MSG_DONTWAIT, null);
        if (count <= 0) return;
        for (let i = 0; i < count; i++) this.#deliver(this.#packets, i, onPacket);
        if (count < BATCH) return;
        total += count;
      }
    } finally {
      this.#receiving = false;
    }
  }

  #prepare(): Buffer {
    const packets = Buffer.allocUnsafeSlow(BATCH * ROOM);
    const packetsAt = this.#addressOf(packets);
    const vectorsAt = this.#addressOf(this.#vectors);
    const namesAt = this.#addressOf(this.#names);
    for (let i = 0; i < BATCH; i++) {
      this.#vectors.writeBigUInt64LE(packetsAt + BigInt(i * ROOM), i * IOVEC);
      this.#vectors.writeBigUInt64LE(BigInt(ROOM), i * IOVEC + 8);
      const at = i * MMSGHDR;
      this.#messages.writeBigUInt64LE(namesAt + BigInt(i * NAME_STRIDE), at);
      this.#messages.writeUInt32LE(SOCKADDR, at + 8);
      this.#messages.writeBigUInt64LE(vectorsAt + BigInt(i * IOVEC), at + 16);
      this.#messages.writeBigUInt64LE(1n, at + 24);
    }
    return packets;
  }

  #deliver(
    packets: Buffer,
    i: number,
    onPacket: (bytes: Uint8Array, from: { host: string; port: number }) => void,
  ): void {
    const at = i * MMSGHDR;
    const length = this.#messages.readUInt32LE(at + MSGHDR);
    const isCut = (this.#messages.readInt32LE(at + 48) & MSG_TRUNC) !== 0;
    // The kernel shortens it to what the sender's family needs.
    this.#messages.writeUInt32LE(SOCKADDR, at + 8);
    if (isCut || length === 0) return;
    onPacket(packets.subarray(i * ROOM, i * ROOM + length), this.#from(i * NAME_STRIDE));
  }

  #from(at: number): { host: string; port: number } {
    const names = this.#names;
    const isV4 = names.readUInt16LE(at) === AF_INET;
    const port = names.readUInt16BE(at + 2);
    const key = isV4 ? names.readUInt32BE(at + 4) * 65_536 + port : names.toString('latin1', at, at + SOCKADDR);
    let from = this.#known.get(key);
    if (from === undefined) {
      if (this.#known.size >= 4096) this.#known.clear();
      const host = isV4
        ? `${names[at + 4]}.${names[at + 5]}.${names[at + 6]}.${names[at + 7]}`
        : formatIpv6(names.subarray(at + 8, at + 24));
      from = { host, port };
      this.#known.set(key, from);
    }
    return from;
  }
}
