import type { Socket } from 'node:dgram';
import { MoqtError } from '../../../errors/moqt-error.js';
import { escapeText } from '../../../util/escape.js';
import { errorText } from '../native.js';
import { BatchedIo, descriptorOf } from './batched-io.js';
import { DgramIo } from './dgram-io.js';
import { openSocket } from './dgram-socket.js';
import { type LinuxUdp, loadLinuxUdp } from './linux-udp.js';
import type { Destination, PacketHandlers, PacketIo } from './packet-io.js';

let loading: Promise<LinuxUdp> | null = null;

/**
 * Opens a UDP socket on `bind`, connected to `connectTo` if given. Batches are used where they work; `MOQT_PACKET_IO`
 * set to `dgram` or `batched` forces one path, and `batched` then fails instead of falling back. For few packets the code
 * that moves them in batches is not worth its load.
 */
export async function openPacketIo(
  bind: Destination,
  connectTo: Destination | null,
  handlers: PacketHandlers,
  fewPackets = false,
): Promise<PacketIo> {
  const wanted = process.env.MOQT_PACKET_IO;
  if (wanted !== undefined && wanted !== '' && wanted !== 'dgram' && wanted !== 'batched') {
    throw new MoqtError('MOQT_E_USAGE', `MOQT_PACKET_IO is "${escapeText(wanted)}": expected dgram or batched`, {
      stage: 'config',
    });
  }
  if (wanted === 'dgram' || (fewPackets && wanted !== 'batched'))
    return new DgramIo(await openSocket(bind, connectTo), handlers);
  let udp: LinuxUdp;
  try {
    loading ??= loadLinuxUdp();
    udp = await loading;
  } catch (error) {
    if (wanted === 'batched') throw error;
    return new DgramIo(await openSocket(bind, connectTo), handlers, errorText(error));
  }
  const socket = await openSocket(bind, connectTo);
  const problem = problemWith(udp, socket);
  if (problem === null) return new BatchedIo(socket, handlers, udp, descriptorOf(socket) as number);
  if (wanted !== 'batched') return new DgramIo(socket, handlers, problem);
  socket.close();
  throw new Error(problem);
}

function problemWith(udp: LinuxUdp, socket: Socket): string | null {
  const fd = descriptorOf(socket);
  if (fd === null) return 'this version of Node does not tell the file descriptor of a UDP socket';
  return udp.supportsSegments(fd) ? null : 'this kernel does not send UDP packets in batches (UDP_SEGMENT)';
}
