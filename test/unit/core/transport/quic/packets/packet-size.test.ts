import { describe, expect, it } from 'vitest';
import { largestPacketTo, PacketSize } from '../../../../../../src/core/transport/quic/packets/packet-size.js';

const RTT = 20;
const covers =
  (...numbers: number[]) =>
  (packet: number): boolean =>
    numbers.includes(packet);

describe('PacketSize', () => {
  it('keeps 1200 bytes through the handshake, on loopback too', () => {
    for (const host of ['127.0.0.1', '192.0.2.1', '2001:db8::1']) {
      const size = new PacketSize(host);
      expect(size.offer(0)).toBe(1200);
    }
  });

  it('knows the largest packet of each kind of path', () => {
    expect(['127.0.0.1', '::1', '192.0.2.1', '2001:db8::1'].map(largestPacketTo)).toEqual([16_000, 16_000, 1472, 1452]);
  });

  it('uses the large packets of loopback once the handshake is done, as far as the peer allows', () => {
    const size = new PacketSize('::1');
    size.onEstablished(16_000);
    expect(size.offer(0)).toBe(16_000);
    const limited = new PacketSize('127.0.0.1');
    limited.onEstablished(1500);
    expect(limited.current).toBe(1500);
  });

  it('tries one large packet elsewhere and grows when that one is acknowledged', () => {
    const size = new PacketSize('192.0.2.1');
    size.onEstablished(1472);
    expect(size.offer(0)).toBe(1472);
    size.onSent(5, 1472, 0, RTT);
    // While the trial is under way everything else stays small.
    expect(size.offer(1)).toBe(1200);
    size.onAck(covers(3, 4, 6));
    expect(size.current).toBe(1200);
    size.onAck(covers(5));
    expect(size.current).toBe(1472);
  });

  it('does not count a small packet as a trial', () => {
    const size = new PacketSize('192.0.2.1');
    size.onEstablished(1472);
    size.offer(0);
    size.onSent(5, 80, 0, RTT);
    expect(size.offer(1)).toBe(1472);
  });

  it('gives up after three trials that were lost, with longer and longer pauses between them', () => {
    const size = new PacketSize('192.0.2.1');
    size.onEstablished(1472);
    let trials = 0;
    for (let now = 0; now < 1_000_000; now += 10) {
      if (size.offer(now) === 1472) size.onSent(trials++, 1472, now, RTT);
    }
    expect(trials).toBe(3);
    expect(size.current).toBe(1200);
  });

  it('falls back for good when the path swallows large packets, and says so once', () => {
    const size = new PacketSize('127.0.0.1');
    let shrunk = 0;
    size.onShrink = () => shrunk++;
    size.onEstablished(16_000);
    size.onBlackHole();
    size.onBlackHole();
    expect(size.offer(100_000)).toBe(1200);
    expect(shrunk).toBe(1);
  });

  it('falls back when large packets vanish while small ones pass, but not for a few that were lost', () => {
    const size = new PacketSize('127.0.0.1');
    size.onEstablished(16_000);
    let now = 0;
    const lose = (packet: number): void => {
      size.onSent(packet, 16_000, now, RTT);
      size.onSent(packet + 1, 100, now, RTT);
      size.onAck(covers(packet + 1));
      now += 1000;
    };
    lose(0);
    lose(10);
    expect(size.current).toBe(16_000);
    // The next witness is acknowledged, and the count begins anew.
    size.onSent(20, 16_000, now, RTT);
    size.onAck(covers(20));
    lose(30);
    lose(40);
    lose(50);
    expect(size.current).toBe(16_000);
    lose(60);
    expect(size.current).toBe(1200);
  });

  it('goes up again when a large packet that seemed lost is acknowledged late', () => {
    const size = new PacketSize('127.0.0.1');
    size.onEstablished(16_000);
    size.onSent(7, 16_000, 0, RTT);
    size.onSent(8, 16_000, 1, RTT);
    size.onBlackHole();
    expect(size.current).toBe(1200);
    size.onAck(covers(9));
    expect(size.current).toBe(1200);
    size.onAck(covers(8));
    expect(size.current).toBe(16_000);

    // Witnesses that are late do not count as lost either.
    for (const packet of [20, 21, 22]) size.onSent(packet, 16_000, packet * 1000, RTT);
    size.onAck(covers(20));
    for (const packet of [30, 31]) size.onSent(packet, 16_000, packet * 1000, RTT);
    expect(size.current).toBe(16_000);
    size.onSent(32, 16_000, 32_000, RTT);
    expect(size.current).toBe(1200);
    size.onAck(covers(30));
    expect(size.current).toBe(16_000);
  });

  it('stays small after EMSGSIZE, whatever is acknowledged', () => {
    const size = new PacketSize('127.0.0.1');
    size.onEstablished(16_000);
    size.onSent(7, 16_000, 0, RTT);
    size.onTooLarge();
    size.onAck(covers(7));
    expect(size.current).toBe(1200);
  });

  it('can shrink on EMSGSIZE only if something was larger than the base', () => {
    const size = new PacketSize('192.0.2.1');
    expect(size.onTooLarge()).toBe(false);
    size.onEstablished(1472);
    size.offer(0);
    size.onSent(1, 1472, 0, RTT);
    expect(size.onTooLarge()).toBe(true);
    expect(size.offer(100_000)).toBe(1200);
  });
});
