import { describe, expect, it } from 'vitest';
import { PacketNumbers } from '../../../../../../src/core/transport/quic/packets/packet-numbers.js';
import { RttMeter } from '../../../../../../src/core/transport/quic/rtt-meter.js';

function long(type: 'initial' | 'handshake', body: number, token = 0): number[] {
  const ids = [4, 1, 1, 1, 1, 3, 2, 2, 2];
  const tokenField = type === 'initial' ? [token, ...Array.from({ length: token }, () => 9)] : [];
  const length = [0x40 | (body >> 8), body & 0xff];
  return [
    type === 'initial' ? 0xc0 : 0xe0,
    0,
    0,
    0,
    1,
    ...ids,
    ...tokenField,
    ...length,
    ...Array.from({ length: body }, () => 0x77),
  ];
}

const short = [0x41, ...Array.from({ length: 40 }, () => 3)];

describe('PacketNumbers', () => {
  it('counts 1-RTT packets only, also behind others in one datagram', () => {
    const numbers = new PacketNumbers();
    const send = (...packets: number[][]): number => {
      const bytes = Uint8Array.from(packets.flat());
      return numbers.onSent(bytes, bytes.length);
    };
    expect(send(long('initial', 300))).toBe(-1);
    expect(send(long('initial', 30, 20), long('handshake', 200))).toBe(-1);
    expect(send(long('initial', 30), [0, 0, 0, 0])).toBe(-1);
    expect(send(long('handshake', 70), short)).toBe(0);
    expect(send(short)).toBe(1);
    expect(numbers.next).toBe(2);
  });

  it('counts packets of 0-RTT too, whose numbers those of 1-RTT continue', () => {
    const numbers = new PacketNumbers();
    const early = [0xd0, ...long('handshake', 50).slice(1)];
    const bytes = Uint8Array.from([...long('initial', 300), ...early]);
    expect(numbers.onSent(bytes, bytes.length)).toBe(-1);
    expect(numbers.onSent(Uint8Array.from(short), short.length)).toBe(1);
  });
});

describe('RttMeter', () => {
  it('measures from the packet that is acknowledged, less what the peer held it back', () => {
    const meter = new RttMeter();
    meter.onSent(0, 100);
    meter.onSent(1, 110);
    meter.onAck(0, 0, 110.5);
    expect(meter.smoothedMs).toBeCloseTo(10.5);
    // 5 ms of delay in units of 8 µs.
    meter.onAck(1, 625, 126);
    expect(meter.minMs).toBeCloseTo(10.5);
    expect(meter.smoothedMs).toBeCloseTo(10.5 + (11 - 10.5) / 8);
  });

  it('takes one sample from an acknowledgement, and none from nonsense', () => {
    const meter = new RttMeter();
    meter.onAck(5, 0, 1);
    expect(meter.smoothedMs).toBeNull();
    meter.onSent(0, 0);
    meter.onAck(0, 0, 4);
    meter.onAck(0, 0, 400);
    expect(meter.minMs).toBe(4);
    expect(meter.smoothedMs).toBe(4);
  });

  it('does not believe a delay that would make the path faster than it ever was', () => {
    const meter = new RttMeter();
    meter.onSent(0, 0);
    meter.onAck(0, 0, 4);
    meter.onSent(1, 10);
    meter.onAck(1, 1_000_000, 15);
    expect(meter.smoothedMs).toBeCloseTo(4 + 1 / 8);
  });
});
