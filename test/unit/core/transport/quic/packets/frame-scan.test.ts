import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameScan } from '../../../../../../src/core/transport/quic/packets/frame-scan.js';

type Seen =
  | { kind: 'stop'; stream: number; code: bigint }
  | { kind: 'data'; stream: number; end: number }
  | { kind: 'ack'; largest: number; delay: number; covered: number[] };

function scan(...frames: (readonly number[])[]): Seen[] {
  const seen: Seen[] = [];
  const scanner = new FrameScan({
    onStopSending: (stream, code) => seen.push({ kind: 'stop', stream, code }),
    onStreamData: (stream, end) => seen.push({ kind: 'data', stream, end }),
    onAck: (largest, delay, covers) => {
      const covered = Array.from({ length: 30 }, (_, i) => i).filter(covers);
      seen.push({ kind: 'ack', largest, delay, covered });
    },
  });
  // Short header with a two-byte packet number, a 20-byte connection ID, the frames, the tag.
  const header = [0x41, ...Array.from({ length: 20 }, () => 0xaa), 0, 7];
  const packet = Uint8Array.from([...header, ...frames.flat(), ...Array.from({ length: 32 }, () => 0)]);
  scanner.before(packet.map((byte, i) => (i < header.length ? byte : byte ^ 0xff)));
  scanner.scan(packet);
  return seen;
}

function varint(value: bigint): number[] {
  if (value < 64n) return [Number(value)];
  const [length, prefix] = value < 2n ** 14n ? [2, 0x40] : value < 2n ** 30n ? [4, 0x80] : [8, 0xc0];
  const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn));
  bytes[0] = (bytes[0] as number) | prefix;
  return bytes;
}

/** One of each frame that carries nothing of interest (RFC 9000 §19, RFC 9221 §4). */
const OTHER_FRAMES: readonly number[][] = [
  [0x00],
  [0x01],
  [0x1e],
  [0x04, 8, 9, 10],
  [0x06, 0, 3, 1, 2, 3],
  [0x07, 2, 5, 5],
  [0x10, ...varint(100_000n)],
  [0x11, 4, ...varint(70_000n)],
  [0x12, 5],
  [0x13, 5],
  [0x14, 5],
  [0x15, 4, 5],
  [0x16, 5],
  [0x17, 5],
  [0x18, 1, 0, 4, 9, 9, 9, 9, ...Array.from({ length: 16 }, () => 5)],
  [0x19, 1],
  [0x1a, 1, 2, 3, 4, 5, 6, 7, 8],
  [0x1b, 1, 2, 3, 4, 5, 6, 7, 8],
  [0x31, 3, 5, 5, 5],
];

describe('FrameScan', () => {
  it('finds STOP_SENDING with its exact code behind any other frames', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...OTHER_FRAMES), { maxLength: 20 }),
        fc.bigInt({ min: 0n, max: 2n ** 62n - 1n }),
        fc.nat(1_000_000),
        (others, code, stream) => {
          const frames = [...others, [0x05, ...varint(BigInt(stream)), ...varint(code)]];
          expect(scan(...frames)).toEqual([{ kind: 'stop', stream, code }]);
        },
      ),
    );
  });

  it('reads the ranges of an ACK, with and without ECN counts', () => {
    // 20…18, then a gap that leaves 15…15, then 10…8.
    const ranges = [20, 3, 2, 2, 1, 0, 3, 2];
    const expected = { kind: 'ack', largest: 20, delay: 3, covered: [8, 9, 10, 15, 18, 19, 20] };
    expect(scan([0x02, ...ranges], [0x01])).toEqual([expected]);
    expect(scan([0x03, ...ranges, 1, 2, 3], [0x05, 4, 9])).toEqual([expected, { kind: 'stop', stream: 4, code: 9n }]);
  });

  it('adds up where the data of a stream ends', () => {
    expect(scan([0x0a, 6, 2, 1, 1], [0x0e, 6, 10, 3, 1, 1, 1])).toEqual([
      { kind: 'data', stream: 6, end: 2 },
      { kind: 'data', stream: 6, end: 13 },
    ]);
  });

  it('stops at a frame without a length and at one it does not know', () => {
    expect(scan([0x08, 6, 1, 2, 3], [0x05, 4, 9]).map((one) => one.kind)).toEqual(['data']);
    expect(scan([0x2f, 6], [0x05, 4, 9])).toEqual([]);
  });

  it('leaves alone what was dropped without being decrypted', () => {
    const seen: unknown[] = [];
    const note = (): void => void seen.push(1);
    const scanner = new FrameScan({ onStopSending: note, onStreamData: note, onAck: note });
    const packet = Uint8Array.from([
      0x41,
      ...Array.from({ length: 20 }, () => 0xaa),
      0,
      7,
      0x05,
      4,
      9,
      ...Array(32).fill(0),
    ]);
    scanner.before(packet.map((byte, i) => (i === 21 || i === 22 ? byte ^ 0x55 : byte)));
    scanner.scan(packet);
    expect(seen).toEqual([]);
    scanner.before(packet.map((byte) => byte ^ 0x55));
    scanner.scan(packet);
    expect(seen).toEqual([1]);
  });

  it('leaves alone what is no 1-RTT packet, and any bytes without end', () => {
    const seen: unknown[] = [];
    const scanner = new FrameScan({
      onStopSending: () => seen.push(1),
      onStreamData: () => {},
      onAck: () => {},
    });
    scanner.scan(Uint8Array.from([0xc1, ...Array.from({ length: 100 }, () => 5)]));
    scanner.scan(Uint8Array.from([0x41, ...Array.from({ length: 30 }, () => 5)]));
    expect(seen).toEqual([]);
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => scanner.scan(bytes)));
  });
});
