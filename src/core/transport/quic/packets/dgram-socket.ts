import { createSocket, type Socket, type SocketType } from 'node:dgram';
import { familyOf } from '../../address.js';
import type { Destination } from './packet-io.js';

/** Wanted for bursts; the system may grant less. */
const SOCKET_BUFFER_BYTES = 4 << 20;

/** A bound (and, with `connectTo`, connected) UDP socket. Rejects with the system's error. */
export async function openSocket(bind: Destination, connectTo: Destination | null): Promise<Socket> {
  const family = familyOf(bind.host);
  const type: SocketType = family === 4 ? 'udp4' : 'udp6';
  // Every address here is a literal: answering at once keeps a send in the same turn.
  const lookup = (
    host: string,
    _options: unknown,
    callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
  ): void => callback(null, host, familyOf(host));
  const socket = createSocket({ type, lookup });
  try {
    await once(socket, (done) => socket.bind(bind.port, bind.host, done));
    if (connectTo !== null) await once(socket, (done) => socket.connect(connectTo.port, connectTo.host, done));
  } catch (error) {
    socket.close();
    throw error;
  }
  enlargeBuffers(socket);
  return socket;
}

function once(socket: Socket, start: (done: (error?: Error) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      socket.off('error', settle);
      if (error) reject(error);
      else resolve();
    };
    socket.once('error', settle);
    start(settle);
  });
}

/** Best effort: some systems refuse sizes above their limit instead of granting the limit. */
function enlargeBuffers(socket: Socket): void {
  for (let size = SOCKET_BUFFER_BYTES; size >= 256 << 10; size >>= 1) {
    try {
      socket.setRecvBufferSize(size);
      socket.setSendBufferSize(size);
      return;
    } catch {
      // Ask for less.
    }
  }
}
