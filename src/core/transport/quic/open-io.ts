import { DgramIo } from './dgram-io.js';
import { openSocket } from './dgram-socket.js';
import type { Destination, PacketHandlers, PacketIo } from './packet-io.js';

/** Opens a UDP socket on `bind`, connected to `connectTo` if given, with the fastest packet path there is. */
export async function openPacketIo(
  bind: Destination,
  connectTo: Destination | null,
  handlers: PacketHandlers,
): Promise<PacketIo> {
  const socket = await openSocket(bind, connectTo);
  return new DgramIo(socket, handlers);
}
