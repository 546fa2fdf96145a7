import { createCipheriv } from 'node:crypto';
import { headerMask, initialKeys, SAMPLE_OFFSET } from '../packets/initial-keys.js';

const QUIC_V1 = 1;
const TAG_BYTES = 16;
const PACKET_NUMBER_BYTES = 1;

export interface Refusal {
  /** The connection IDs of the client's Initial. */
  readonly dcid: Uint8Array;
  readonly scid: Uint8Array;
  /** QUIC transport error code below 2^14, which the TLS alerts (0x100 to 0x1ff) are. */
  readonly code: number;
  readonly reason: string;
}

/**
 * An Initial packet with nothing but CONNECTION_CLOSE: a refusal that costs neither state nor a TLS handshake, and reaches
 * a client that has no keys yet beyond those that its own connection ID gives (RFC 9001 §5.2).
 */
export function refusalPacket({ dcid, scid, code, reason }: Refusal): Buffer {
  const text = Buffer.from(reason, 'latin1').subarray(0, 63);
  // RFC 9000 §19.19; the frame that caused it is none.
  const payload = Buffer.concat([Buffer.from([0x1c, 0x40 | (code >> 8), code & 0xff, 0, text.length]), text]);
  const keys = initialKeys(dcid, 'server in');

  const lengthField = Buffer.alloc(2);
  lengthField.writeUInt16BE(0x4000 | (PACKET_NUMBER_BYTES + payload.length + TAG_BYTES));
  const version = Buffer.alloc(4);
  version.writeUInt32BE(QUIC_V1);
  const header = Buffer.concat([
    Buffer.from([0xc0 | (PACKET_NUMBER_BYTES - 1)]),
    version,
    Buffer.from([scid.length]),
    scid,
    // Our own ID is the one that the client made up for us: nobody will ever write to it again.
    Buffer.from([dcid.length]),
    dcid,
    Buffer.from([0]), // no token
    lengthField,
    Buffer.alloc(PACKET_NUMBER_BYTES),
  ]);
  // Packet number 0 leaves the nonce as it is.
  const cipher = createCipheriv('aes-128-gcm', keys.key, keys.iv).setAAD(header);
  const sealed = Buffer.concat([cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
  return protectHeader(Buffer.concat([header, sealed]), header.length - PACKET_NUMBER_BYTES, keys.hp);
}

function protectHeader(packet: Buffer, numberAt: number, key: Buffer): Buffer {
  const sample = packet.subarray(numberAt + SAMPLE_OFFSET, numberAt + SAMPLE_OFFSET + 16);
  const mask = headerMask(key, sample);
  packet[0] = (packet[0] as number) ^ ((mask[0] as number) & 0x0f);
  packet[numberAt] = (packet[numberAt] as number) ^ (mask[1] as number);
  return packet;
}
