import type { PacketFilter } from '../../transport/transport.js';
import type { Fault } from './fault.js';

type Handle = PacketFilter['outgoing'];

/** The same treatment of both directions. */
function bothWays(handle: Handle): PacketFilter {
  return { incoming: (packet, next) => handle(packet, next), outgoing: handle };
}

/** Loses this share of the packets. */
export function drop(share: number, random: () => number): Fault {
  return {
    packets: bothWays((packet, next) => {
      if (random() >= share) next(packet);
    }),
  };
}

/** Flips one bit in this share of the packets. */
export function corruptPackets(share: number, random: () => number): Fault {
  return {
    packets: bothWays((packet, next) => {
      const isHit = random() < share;
      const bit = Math.floor(random() * packet.length * 8);
      const at = bit >> 3;
      if (isHit && packet.length > 0) packet[at] = (packet[at] as number) ^ (1 << (bit & 7));
      next(packet);
    }),
  };
}

/** Passes this share of the packets twice. */
export function duplicatePackets(share: number, random: () => number): Fault {
  return {
    packets: bothWays((packet, next) => {
      // A copy: receiving decrypts in place.
      const again = random() < share ? Uint8Array.from(packet) : null;
      next(packet);
      if (again !== null) next(again);
    }),
  };
}

/** Holds this share of the packets back until others have overtaken them. */
export function reorderPackets(share: number, holdMs: number, random: () => number): Fault {
  return {
    packets: bothWays((packet, next) => {
      if (random() < share) later(holdMs, () => next(packet));
      else next(packet);
    }),
  };
}

/** Half of the delay on the way in, half on the way out: the round trip grows by all of it. */
export function delay(ms: number): Fault {
  return { packets: bothWays((packet, next) => later(ms / 2, () => next(packet))) };
}

/** Larger UDP payloads vanish without a message, as on a path with a hole. */
export function mtu(bytes: number): Fault {
  return {
    packets: bothWays((packet, next) => {
      if (packet.length <= bytes) next(packet);
    }),
  };
}

/** Nothing passes any more, from `afterMs` after the first packet on. */
export function blackhole(afterMs: number): Fault {
  let first: number | null = null;
  return {
    packets: bothWays((packet, next) => {
      first ??= performance.now();
      if (performance.now() - first < afterMs) next(packet);
    }),
  };
}

function later(ms: number, act: () => void): void {
  setTimeout(act, ms).unref();
}
