import { describe, expect, it } from 'vitest';
import { holdsHandshake, withoutInitials } from '../../../../../../src/core/transport/quic/packets/coalesced.js';
import { refusalPacket } from '../../../../../../src/core/transport/quic/server/refusal-packet.js';

const dcid = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const scid = Uint8Array.of(9, 10, 11);
const initial = refusalPacket({ dcid, scid, code: 2, reason: 'full' });
/** The header of a Handshake packet, with a body of this many bytes. */
const handshake = (body: number): Buffer =>
  Buffer.concat([
    Buffer.from([0xe0, 0, 0, 0, 1, scid.length]),
    scid,
    Buffer.from([dcid.length]),
    dcid,
    Buffer.from([0x40, body]),
    Buffer.alloc(body, 7),
  ]);
const short = Buffer.from([0x41, ...scid, 5, 5, 5]);

describe('packets of one datagram', () => {
  it('are found behind one another', () => {
    expect(holdsHandshake(initial)).toBe(false);
    expect(holdsHandshake(handshake(20))).toBe(true);
    expect(holdsHandshake(Buffer.concat([initial, handshake(20)]))).toBe(true);
    expect(holdsHandshake(Buffer.concat([initial, short]))).toBe(false);
    expect(holdsHandshake(short)).toBe(false);
  });

  it('go without the Initials at the head, unless there is nothing else', () => {
    const rest = Buffer.concat([handshake(30), short]);
    expect(Buffer.from(withoutInitials(Buffer.concat([initial, rest])))).toEqual(rest);
    expect(Buffer.from(withoutInitials(Buffer.concat([initial, initial, short])))).toEqual(short);
    expect(withoutInitials(initial)).toBe(initial);
    expect(withoutInitials(rest)).toBe(rest);
    expect(withoutInitials(short)).toBe(short);
  });

  it('may be cut off or nonsense anywhere, and nothing breaks', () => {
    const whole = Buffer.concat([initial, handshake(30)]);
    for (let length = 0; length <= whole.length; length++) {
      const cut = whole.subarray(0, length);
      expect(withoutInitials(cut).length).toBeLessThanOrEqual(length);
      holdsHandshake(cut);
    }
    const endless = Buffer.from([0xc0, 0, 0, 0, 1, 0, 0, 0xff, 255, 255, 255, 255, 255, 255, 255]);
    expect(withoutInitials(endless)).toBe(endless);
  });
});
