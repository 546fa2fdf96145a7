import { type Clock, systemClock } from '../../util/clock.js';
import type { TransportSession } from '../transport.js';
import { Link } from './link.js';
import { MemorySession, type MemorySessionOptions } from './memory-session.js';

/** What one side allows its peer. */
export interface MemoryLimits {
  /** Streams the peer may have open towards this side; default 100 each. */
  readonly maxIncomingUni?: number;
  readonly maxIncomingBidi?: number;
  /** Receive windows in bytes; defaults 256 KiB a stream and 1 MiB in all. */
  readonly streamWindow?: number;
  readonly connectionWindow?: number;
}

export interface MemoryPairOptions {
  /** What both ends report as `protocol`; default `moqt-18`. */
  readonly protocol?: string;
  readonly client?: MemoryLimits;
  readonly server?: MemoryLimits;
  /** For latency only; without latency a frame arrives in the next turn of the event loop. */
  readonly clock?: Clock;
  /** One-way delay in ms, or a function asked for every frame (jitter). */
  readonly latencyMs?: number | (() => number);
  /** Extra delay in ms for all frames of a stream, either way: lets later streams overtake it. */
  readonly streamDelayMs?: (streamId: bigint) => number;
  /** Largest piece that one read gives; 1 stresses incremental decoders. Default 16 KiB. */
  readonly chunkBytes?: number;
  /** Payload bytes of a datagram, null for no datagrams at all. Default 1200. */
  readonly maxDatagramSize?: number | null;
  /** Datagrams under way, or held for want of a handler; default 1000. */
  readonly datagramQueue?: number;
  /** True loses this datagram. */
  readonly dropDatagram?: (bytes: Uint8Array, from: 'client' | 'server') => boolean;
}

export interface MemoryPair {
  readonly client: TransportSession;
  readonly server: TransportSession;
  /** The network goes dark: streams wait, datagrams are lost. */
  pause(): void;
  resume(): void;
  /** Both sides, or one alone, end without a close frame: the idle timeout, or a failure underneath. */
  kill(by?: 'idle' | 'error', side?: 'client' | 'server'): void;
}

/** Two connected sessions in this process, with the semantics of QUIC: windows, stream credit, resets, late delivery. */
export function memoryPair(options: MemoryPairOptions = {}): MemoryPair {
  const latency = options.latencyMs ?? 0;
  const linkOptions = {
    clock: options.clock ?? systemClock,
    latencyMs: typeof latency === 'function' ? latency : () => latency,
    streamDelayMs: options.streamDelayMs ?? (() => 0),
  };
  const toServer = new Link(linkOptions);
  const toClient = new Link(linkOptions);
  const client = new MemorySession(sessionOptions('client', options), toServer);
  const server = new MemorySession(sessionOptions('server', options), toClient);
  client.attach(server);
  server.attach(client);
  return {
    client,
    server,
    pause() {
      toServer.pause();
      toClient.pause();
    },
    resume() {
      toServer.resume();
      toClient.resume();
    },
    kill(by = 'error', side) {
      if (side === undefined) {
        toServer.cut();
        toClient.cut();
      }
      const reason = by === 'idle' ? 'idle timeout' : 'connection lost';
      if (side !== 'server') client.kill(by, reason);
      if (side !== 'client') server.kill(by, reason);
    },
  };
}

function sessionOptions(role: 'client' | 'server', options: MemoryPairOptions): MemorySessionOptions {
  const limits = (role === 'client' ? options.client : options.server) ?? {};
  const addresses = {
    client: { host: '127.0.0.1', port: 50_000, family: 4 },
    server: { host: '127.0.0.1', port: 4443, family: 4 },
  } as const;
  const drop = options.dropDatagram;
  return {
    role,
    protocol: options.protocol ?? 'moqt-18',
    local: addresses[role],
    remote: addresses[role === 'client' ? 'server' : 'client'],
    maxIncomingUni: limits.maxIncomingUni ?? 100,
    maxIncomingBidi: limits.maxIncomingBidi ?? 100,
    streamWindow: limits.streamWindow ?? 256 * 1024,
    connectionWindow: limits.connectionWindow ?? 1024 * 1024,
    chunkBytes: options.chunkBytes ?? 16 * 1024,
    maxDatagramSize: options.maxDatagramSize === undefined ? 1200 : options.maxDatagramSize,
    datagramQueue: options.datagramQueue ?? 1000,
    dropDatagram: drop === undefined ? () => false : (bytes) => drop(bytes, role),
  };
}
