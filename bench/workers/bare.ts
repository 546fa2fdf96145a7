import { configFor, DEFAULT_STREAM_WINDOW } from '../../src/core/transport/quic/config.js';
import { loadQuiche, type NativeConnection } from '../../src/core/transport/quic/native.js';
import { openPacketIo } from '../../src/core/transport/quic/packets/open-io.js';
import type { Destination, PacketIo } from '../../src/core/transport/quic/packets/packet-io.js';
import { PacketWriter } from '../../src/core/transport/quic/packets/packet-writer.js';
import { ContentCheck, chunksOf, contentBlock } from './content.js';
import type { Pair } from './endpoints.js';
import { Stretch, say, udpDrops, untilTold } from './process-report.js';
import type { RawLoad } from './raw.js';

/** As large as ours on loopback. */
const PACKET_BYTES = 16_000;
const ALPN = 'bare';
const BURST = 128;

const SETTINGS = {
  alpn: [ALPN],
  idleTimeoutMs: 30_000,
  maxIncomingUni: 100,
  maxIncomingBidi: 100,
  streamWindow: DEFAULT_STREAM_WINDOW,
  connectionWindow: undefined,
  congestionControl: 'cubic',
  keylog: false,
} as const;

/** The library and a socket with the least loop that works between them: what our engine costs is the difference. */
class BareLoop {
  readonly #writer = new PacketWriter();
  #due = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly native: NativeConnection,
    private readonly io: PacketIo,
    private readonly to: Destination | null,
    private readonly onTurn: () => void,
  ) {}

  turnSoon(): void {
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#due = false;
    if (this.native.isClosed()) return;
    if (this.native.isEstablished()) this.onTurn();
    const size = this.native.isEstablished() ? PACKET_BYTES : 1200;
    for (let i = 0; i < BURST; i++) {
      const packet = this.native.send(this.#writer.slot(size));
      if (packet === null) break;
      this.#writer.commit(packet[0], this.io, this.to);
      if (i === BURST - 1) this.turnSoon();
    }
    this.#writer.flush();
    clearTimeout(this.#timer);
    const wait = this.native.timeout();
    if (wait === null) return;
    this.#timer = setTimeout(() => {
      this.native.onTimeout();
      this.turnSoon();
    }, wait + 1);
  }
}

export async function bareServe(options: RawLoad & { readonly pair: Pair }): Promise<void> {
  const quiche = await loadQuiche();
  const config = configFor(quiche, { caPem: null, acceptAny: false, ...options.pair }, SETTINGS)('127.0.0.1');
  const chunks = chunksOf(contentBlock(), options.bytes, options.writeSize);
  let native: NativeConnection | undefined;
  let loop: BareLoop | undefined;
  let rest: Uint8Array | undefined = chunks.next().value as Uint8Array | undefined;
  const write = (): void => {
    while (rest !== undefined) {
      const taken = native?.streamSend(3, rest, false) ?? 0;
      if (taken < rest.length) {
        rest = rest.subarray(taken);
        return;
      }
      const next = chunks.next();
      rest = next.done ? undefined : next.value;
      if (rest === undefined) native?.streamSend(3, Buffer.alloc(0), true);
    }
  };
  const io = await openPacketIo({ host: '127.0.0.1', port: 0 }, null, {
    onPacket: (bytes, host, port) => {
      const from = { host, port };
      const local = { host: io.local.host, port: io.local.port };
      if (native === undefined) {
        const id = Buffer.alloc(16, 7);
        native = quiche.Connection.accept(id, null, local, from, config);
        loop = new BareLoop(native, io, from, write);
      }
      native.recv(bytes, { from, to: local });
      loop?.turnSoon();
    },
    onError: () => {},
  });
  say('listening', { port: io.local.port });
  await untilTold();
  say('sent', { drops: udpDrops(io.local.port) });
  io.close();
}

export async function bareRead({ port, warmUpBytes }: { readonly port: number; readonly warmUpBytes?: number }) {
  const quiche = await loadQuiche();
  const config = configFor(quiche, { caPem: null, acceptAny: true }, SETTINGS)('127.0.0.1');
  const check = new ContentCheck();
  const stretch = new Stretch(warmUpBytes);
  const buffer = Buffer.allocUnsafeSlow(64 << 10);
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const read = (): void => {
    for (const id of native.readable()) {
      for (let got = native.streamRecv(id, buffer); got !== null; got = native.streamRecv(id, buffer)) {
        const [length, fin] = got;
        stretch.mark(length);
        check.push(buffer.subarray(0, length));
        if (fin) finish();
        if (fin || length < buffer.length) break;
      }
    }
  };
  const peer = { host: '127.0.0.1', port };
  const io = await openPacketIo({ host: '127.0.0.1', port: 0 }, peer, {
    onPacket: (bytes) => {
      native.recv(bytes, { from: peer, to: local });
      loop.turnSoon();
    },
    onError: () => {},
  });
  const local = { host: io.local.host, port: io.local.port };
  const native = quiche.Connection.connect('localhost', Buffer.alloc(16, 9), local, peer, config);
  const loop = new BareLoop(native, io, null, read);
  loop.turnSoon();
  await finished;
  say('received', { bytes: check.bytes, isSame: check.isSame, drops: udpDrops(local.port), ...stretch.result });
  native.close(true, 0, Buffer.alloc(0));
  loop.turnSoon();
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.exit(0);
}
