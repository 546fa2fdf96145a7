import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { familyOf } from '../../transport/address.js';
import { readVersionNegotiation } from '../../transport/quic/client/version-negotiation.js';
import { openSocket } from '../../transport/quic/packets/dgram-socket.js';

/** Reserved for exercising version negotiation (RFC 9000 §15): no server speaks it, so every one answers with its list. */
const RESERVED_VERSION = 0x1a2a3a4a;
const ID_BYTES = 8;

/**
 * Asks a QUIC server for its versions, with packets of any size: one packet each way, without a handshake and without
 * state at the server. A server may leave it unanswered.
 */
export class VersionPinger {
  readonly #socket: Socket;
  readonly #waiting = new Map<
    string,
    { readonly theirId: Buffer; readonly resolve: (versions: readonly number[] | null) => void }
  >();
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // Refusals and unreachable networks are silence here; others tell them apart.
    socket.on('error', () => {});
    socket.on('message', (bytes) => this.#onMessage(bytes));
    socket.unref();
  }

  static async open(address: string, port: number, bind: string | undefined): Promise<VersionPinger> {
    const local = { host: bind ?? (familyOf(address) === 4 ? '0.0.0.0' : '::'), port: 0 };
    return new VersionPinger(await openSocket(local, { host: address, port }));
  }

  /** Sends one packet of `size` bytes; resolves with the versions that the answer lists, with null when this is closed. */
  ping(size: number): Promise<readonly number[] | null> {
    const ourId = randomBytes(ID_BYTES);
    const theirId = randomBytes(ID_BYTES);
    const packet = Buffer.alloc(size);
    packet[0] = 0xc0;
    packet.writeUInt32BE(RESERVED_VERSION, 1);
    packet[5] = ID_BYTES;
    theirId.copy(packet, 6);
    packet[6 + ID_BYTES] = ID_BYTES;
    ourId.copy(packet, 7 + ID_BYTES);
    return new Promise((resolve) => {
      if (this.#isClosed) {
        resolve(null);
        return;
      }
      this.#waiting.set(ourId.toString('hex'), { theirId, resolve });
      this.#socket.send(packet, () => {});
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
    for (const { resolve } of this.#waiting.values()) resolve(null);
    this.#waiting.clear();
  }

  #onMessage(bytes: Buffer): void {
    for (const [hex, { theirId, resolve }] of this.#waiting) {
      const versions = readVersionNegotiation(bytes, Buffer.from(hex, 'hex'), theirId);
      if (versions === null) continue;
      this.#waiting.delete(hex);
      resolve(versions);
      return;
    }
  }
}
