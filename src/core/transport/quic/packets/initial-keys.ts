import { createCipheriv, createHmac } from 'node:crypto';

/** RFC 9001 §5.2, for QUIC version 1. */
const INITIAL_SALT = Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex');
/** Header protection samples 16 bytes that begin 4 bytes behind the packet number's start (RFC 9001 §5.4.2). */
export const SAMPLE_OFFSET = 4;

export interface PacketKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly hp: Buffer;
}

/** The keys of one side's Initial packets, which anybody can derive from the first destination ID of the client. */
export function initialKeys(dcid: Uint8Array, side: 'client in' | 'server in'): PacketKeys {
  const initial = createHmac('sha256', INITIAL_SALT).update(dcid).digest();
  const secret = expandLabel(initial, side, 32);
  return {
    key: expandLabel(secret, 'quic key', 16),
    iv: expandLabel(secret, 'quic iv', 12),
    hp: expandLabel(secret, 'quic hp', 16),
  };
}

/** RFC 9001 §5.4.3. */
export function headerMask(hp: Uint8Array, sample: Uint8Array): Buffer {
  return createCipheriv('aes-128-ecb', hp, null).setAutoPadding(false).update(sample);
}

/** HKDF-Expand-Label (RFC 8446 §7.1) with an empty context, for at most one block of output. */
function expandLabel(secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`, 'latin1');
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}
