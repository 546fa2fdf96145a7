import { createDecipheriv } from 'node:crypto';
import { headerMask, initialKeys, SAMPLE_OFFSET } from '../../transport/quic/packets/initial-keys.js';

const TAG_BYTES = 16;
const FRAME = { PADDING: 0x00, PING: 0x01, CRYPTO: 0x06 } as const;
const CLIENT_HELLO = 1;
/** application_layer_protocol_negotiation (RFC 7301 §3.1). */
const ALPN = 16;

/** Where the parts of an Initial packet are. */
export interface InitialPlace {
  readonly dcid: Uint8Array;
  /** Of the token's length, behind the connection IDs. */
  readonly bodyAt: number;
}

/**
 * The application protocols that a client's first packet offers, in its order; null where it cannot be told: no ClientHello
 * that is whole, or keys of another connection. `packet` is left as it is.
 */
export function offeredProtocols(packet: Uint8Array, place: InitialPlace): string[] | null {
  try {
    const hello = cryptoData(decrypt(packet, place));
    return hello[0] === CLIENT_HELLO ? alpnOf(new Fields(hello, 4)) : null;
  } catch {
    // Not what it seemed to be.
    return null;
  }
}

/** The frames of an Initial (RFC 9001 §5). Throws for what was not sealed with its own connection's keys. */
function decrypt(packet: Uint8Array, { dcid, bodyAt }: InitialPlace): Buffer {
  const keys = initialKeys(dcid, 'client in');
  const body = new Fields(packet, bodyAt);
  body.skip(body.varint());
  const length = body.varint();
  const numberAt = body.at;
  const sampleAt = numberAt + SAMPLE_OFFSET;
  const mask = headerMask(keys.hp, packet.subarray(sampleAt, sampleAt + TAG_BYTES));
  const bytes = Buffer.from(packet.subarray(0, numberAt + length));
  bytes[0] = (bytes[0] as number) ^ ((mask[0] as number) & 0x0f);
  const numberBytes = ((bytes[0] as number) & 3) + 1;
  const nonce = Buffer.from(keys.iv);
  for (let i = 0; i < numberBytes; i++) {
    const byte = (bytes[numberAt + i] as number) ^ (mask[1 + i] as number);
    bytes[numberAt + i] = byte;
    const place = nonce.length - numberBytes + i;
    nonce[place] = (nonce[place] as number) ^ byte;
  }
  const sealedAt = numberAt + numberBytes;
  const decipher = createDecipheriv('aes-128-gcm', keys.key, nonce).setAAD(bytes.subarray(0, sealedAt));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(sealedAt, -TAG_BYTES)), decipher.final()]);
}

/** What the CRYPTO frames of one packet hold, from offset 0 on. */
function cryptoData(frames: Uint8Array): Buffer {
  const pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  const fields = new Fields(frames, 0);
  while (!fields.isAtEnd) {
    const type = fields.varint();
    if (type === FRAME.PADDING || type === FRAME.PING) continue;
    // Nothing else comes with a ClientHello.
    if (type !== FRAME.CRYPTO) break;
    const offset = fields.varint();
    pieces.push({ offset, bytes: fields.take(fields.varint()) });
  }
  pieces.sort((a, b) => a.offset - b.offset);
  return Buffer.concat(pieces.map(({ bytes }) => bytes));
}

/** RFC 8446 §4.1.2; `hello` is behind type and length. */
function alpnOf(hello: Fields): string[] | null {
  hello.skip(2 + 32);
  hello.skip(hello.number(1));
  hello.skip(hello.number(2));
  hello.skip(hello.number(1));
  const extensions = new Fields(hello.take(hello.number(2)), 0);
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const data = extensions.take(extensions.number(2));
    if (type !== ALPN) continue;
    const list = new Fields(data, 2);
    const names: string[] = [];
    while (!list.isAtEnd) names.push(Buffer.from(list.take(list.number(1))).toString('latin1'));
    return names;
  }
  return [];
}

/** Reads fields one after the other; throws RangeError at the end of the bytes. */
class Fields {
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('cut off');
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  skip(length: number): void {
    this.take(length);
  }

  /** Big-endian. */
  number(size: number): number {
    return this.take(size).reduce((value, byte) => value * 256 + byte, 0);
  }

  /** RFC 9000 §16. */
  varint(): number {
    const first = this.number(1);
    const more = (1 << (first >> 6)) - 1;
    return this.take(more).reduce((value, byte) => value * 256 + byte, first & 0x3f);
  }
}
