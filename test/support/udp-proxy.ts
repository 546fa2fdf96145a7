import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { seededRandom } from '../../src/core/util/seeded-random.js';
import { isFree } from './free-port.js';

/** What happens to packets of one direction. Probabilities are 0…1; all default to nothing. */
export interface PacketFaults {
  readonly loss?: number;
  /** One bit of the packet is flipped. */
  readonly corruption?: number;
  readonly duplication?: number;
  /** The packet is held back for `reorderMs`, so that later ones overtake it. */
  readonly reordering?: number;
  readonly reorderMs?: number;
  readonly delayMs?: number;
  /** Up to this much more delay, evenly spread; reorders by itself. */
  readonly jitterMs?: number;
  /** Larger UDP payloads vanish, as in a path that drops them without ICMP. */
  readonly mtu?: number;
}

export interface DirectionCounters {
  forwarded: number;
  lost: number;
  corrupted: number;
  duplicated: number;
  reordered: number;
  tooLarge: number;
  blackholed: number;
}

export interface UdpProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  /** The same seed gives the n-th packet of a direction the same fate. */
  readonly seed: number;
  readonly toServer?: PacketFaults;
  readonly toClient?: PacketFaults;
}

/** One direction: its faults, its own generator, what it did. */
export class Direction {
  readonly counters: DirectionCounters = {
    forwarded: 0,
    lost: 0,
    corrupted: 0,
    duplicated: 0,
    reordered: 0,
    tooLarge: 0,
    blackholed: 0,
  };
  /** May be replaced at any time. */
  faults: PacketFaults;
  /** While true nothing passes. */
  blackhole = false;
  readonly #random: () => number;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(faults: PacketFaults, seed: number) {
    this.faults = faults;
    this.#random = seededRandom(seed);
  }

  /** Decides the fate of a packet and passes on what is left of it. */
  handle(packet: Buffer, send: (packet: Buffer) => void): void {
    const { loss = 0, corruption = 0, duplication = 0, reordering = 0, reorderMs = 5, delayMs = 0 } = this.faults;
    const { jitterMs = 0, mtu = Number.POSITIVE_INFINITY } = this.faults;
    // Always the same number of draws, so that a change of one probability leaves the others' decisions as they were.
    const isLost = this.#random() < loss;
    const isCorrupt = this.#random() < corruption;
    const bit = Math.floor(this.#random() * packet.length * 8);
    const isDouble = this.#random() < duplication;
    const isLate = this.#random() < reordering;
    const jitter = this.#random() * jitterMs;
    const { counters } = this;
    if (this.blackhole) return void counters.blackholed++;
    if (packet.length > mtu) return void counters.tooLarge++;
    if (isLost) return void counters.lost++;
    if (isCorrupt && packet.length > 0) {
      counters.corrupted++;
      packet.writeUInt8(packet.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    }
    if (isLate) counters.reordered++;
    if (isDouble) counters.duplicated++;
    const delay = delayMs + jitter + (isLate ? reorderMs : 0);
    for (let copies = isDouble ? 2 : 1; copies > 0; copies--) this.#after(delay, () => send(packet));
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #after(ms: number, deliver: () => void): void {
    if (ms <= 0) {
      this.counters.forwarded++;
      deliver();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      // The dark swallows what was under way, too.
      if (this.blackhole) return void this.counters.blackholed++;
      this.counters.forwarded++;
      deliver();
    }, ms);
    this.#timers.add(timer);
  }
}

/** A network between a client and a server on loopback, as bad as asked for, and repeatably so. */
export class UdpProxy {
  readonly toServer: Direction;
  readonly toClient: Direction;
  readonly #front: Socket;
  readonly #target: UdpProxyOptions['target'];
  readonly #upstreams = new Map<string, Socket>();
  #closed = false;

  private constructor(options: UdpProxyOptions, front: Socket) {
    this.#target = options.target;
    this.#front = front;
    this.toServer = new Direction(options.toServer ?? {}, options.seed);
    this.toClient = new Direction(options.toClient ?? {}, options.seed ^ 0x5bd1e995);
    front.on('message', (packet, client) => this.#fromClient(packet, client));
  }

  static async start(options: UdpProxyOptions): Promise<UdpProxy> {
    const { host } = options.target;
    for (;;) {
      const front = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      front.bind(0, host);
      await once(front, 'listening');
      if (await isFree('tcp', front.address().port, host)) return new UdpProxy(options, front);
      front.close();
    }
  }

  /** Where clients send to. Nobody serves TCP there. */
  get port(): number {
    return this.#front.address().port;
  }

  set blackhole(on: boolean) {
    this.toServer.blackhole = on;
    this.toClient.blackhole = on;
  }

  /** As a NAT that forgot its mapping: the server sees every client come from a new port, and the old ones are gone. */
  rebind(): void {
    for (const socket of this.#upstreams.values()) socket.close();
    this.#upstreams.clear();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.toServer.stop();
    this.toClient.stop();
    this.rebind();
    const closed = once(this.#front, 'close');
    this.#front.close();
    await closed;
  }

  #fromClient(packet: Buffer, client: RemoteInfo): void {
    this.toServer.handle(packet, (out) => {
      if (!this.#closed) this.#upstream(client).send(out, this.#target.port, this.#target.host);
    });
  }

  #upstream(client: RemoteInfo): Socket {
    const key = `${client.address}|${client.port}`;
    const known = this.#upstreams.get(key);
    if (known !== undefined) return known;
    const socket = createSocket(client.family === 'IPv6' ? 'udp6' : 'udp4');
    this.#upstreams.set(key, socket);
    // A server that is gone answers with ICMP; to the client that is silence.
    socket.on('error', () => {});
    socket.on('message', (packet) => {
      this.toClient.handle(packet, (out) => {
        if (!this.#closed) this.#front.send(out, client.port, client.address);
      });
    });
    return socket;
  }
}
