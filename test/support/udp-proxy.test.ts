import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Direction, type PacketFaults, UdpProxy } from './udp-proxy.js';
import { eventually } from './wait.js';

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of cleanup.splice(0).reverse()) await release();
});

/** What becomes of packets 0…n−1. */
function fates(faults: PacketFaults, seed: number, count = 1000): { packets: number[]; direction: Direction } {
  const packets: number[] = [];
  const direction = new Direction(faults, seed);
  for (let i = 0; i < count; i++) {
    const packet = Buffer.alloc(4);
    packet.writeUInt32BE(i);
    direction.handle(packet, (out) => packets.push(out.readUInt32BE()));
  }
  return { packets, direction };
}

describe('Direction', () => {
  it('passes everything unchanged without faults', () => {
    expect(fates({}, 1).packets).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('repeats itself for the same seed and differs for another', () => {
    const faults = { loss: 0.1, corruption: 0.1, duplication: 0.1 };
    expect(fates(faults, 7).packets).toEqual(fates(faults, 7).packets);
    expect(fates(faults, 7).packets).not.toEqual(fates(faults, 8).packets);
  });

  it('loses, corrupts and duplicates about as often as asked, and counts it', () => {
    const { packets, direction } = fates({ loss: 0.2, corruption: 0.1, duplication: 0.3 }, 3, 10_000);
    const { lost, corrupted, duplicated, forwarded } = direction.counters;
    expect(lost).toBeGreaterThan(1800);
    expect(lost).toBeLessThan(2200);
    expect(corrupted).toBeGreaterThan(650);
    expect(corrupted).toBeLessThan(950);
    expect(duplicated).toBeGreaterThan(2150);
    expect(duplicated).toBeLessThan(2650);
    expect(forwarded).toBe(packets.length);
    expect(forwarded).toBe(10_000 - lost + duplicated);
  });

  it('decides about loss alike whatever else goes wrong', () => {
    const alone = fates({ loss: 0.5 }, 5).direction.counters.lost;
    expect(fates({ loss: 0.5, corruption: 1, duplication: 1 }, 5).direction.counters.lost).toBe(alone);
  });

  it('drops what is larger than the path takes, and all while dark', () => {
    const direction = new Direction({ mtu: 10 }, 1);
    const passed: number[] = [];
    const send = (packet: Buffer): void => void passed.push(packet.length);
    direction.handle(Buffer.alloc(10), send);
    direction.handle(Buffer.alloc(11), send);
    direction.blackhole = true;
    direction.handle(Buffer.alloc(1), send);
    expect(passed).toEqual([10]);
    expect(direction.counters).toMatchObject({ tooLarge: 1, blackholed: 1, forwarded: 1 });
  });

  it('lets later packets overtake one that is held back', async () => {
    const direction = new Direction({ reordering: 1, reorderMs: 1 }, 1);
    const order: string[] = [];
    direction.handle(Buffer.from('first'), (packet) => order.push(packet.toString()));
    direction.faults = {};
    direction.handle(Buffer.from('second'), (packet) => order.push(packet.toString()));
    await eventually(() => order.length === 2, 'both packets');
    expect(order).toEqual(['second', 'first']);
  });
});

describe('UdpProxy', () => {
  async function bound(): Promise<Socket> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    cleanup.push(() => socket.close());
    return socket;
  }

  it('carries both ways for several clients, and comes from new ports after a rebind', async () => {
    const server = await bound();
    const ports = new Set<number>();
    server.on('message', (packet, from) => {
      ports.add(from.port);
      server.send(`re:${packet}`, from.port, from.address);
    });
    const proxy = await UdpProxy.start({ target: { host: '127.0.0.1', port: server.address().port }, seed: 1 });
    cleanup.push(() => proxy.close());
    const clients = [await bound(), await bound()];
    const got: string[] = [];
    for (const [i, client] of clients.entries()) {
      client.on('message', (packet) => got.push(`${i} ${packet}`));
      client.send(`from ${i}`, proxy.port, '127.0.0.1');
    }
    await eventually(() => got.length === 2, 'two answers');
    expect(got.sort()).toEqual(['0 re:from 0', '1 re:from 1']);
    expect(ports.size).toBe(2);
    proxy.rebind();
    clients[0]?.send('again', proxy.port, '127.0.0.1');
    await eventually(() => got.includes('0 re:again'), 'the answer after the rebind');
    expect(ports.size).toBe(3);
    expect(proxy.toServer.counters.forwarded).toBe(3);
  });
});
