import { afterEach, describe, expect, it } from 'vitest';
import { BatchedIo, descriptorOf } from '../../../../../../src/core/transport/quic/packets/batched-io.js';
import { DgramIo } from '../../../../../../src/core/transport/quic/packets/dgram-io.js';
import { openSocket } from '../../../../../../src/core/transport/quic/packets/dgram-socket.js';
import { loadLinuxUdp, socketName } from '../../../../../../src/core/transport/quic/packets/linux-udp.js';
import type { Destination, PacketIo } from '../../../../../../src/core/transport/quic/packets/packet-io.js';
import { PacketWriter } from '../../../../../../src/core/transport/quic/packets/packet-writer.js';
import { eventually } from '../../../../../support/wait.js';

interface Received {
  readonly bytes: Buffer;
  readonly host: string;
  readonly port: number;
}

const open: PacketIo[] = [];

afterEach(() => {
  for (const io of open.splice(0)) io.close();
});

async function openIo(
  kind: 'dgram' | 'batched',
  host: string,
  connectTo: Destination | null = null,
): Promise<{ io: PacketIo; received: Received[]; errors: string[] }> {
  const received: Received[] = [];
  const errors: string[] = [];
  const handlers = {
    onPacket: (bytes: Uint8Array, from: string, port: number) => {
      received.push({ bytes: Buffer.from(bytes), host: from, port });
    },
    onError: (error: NodeJS.ErrnoException) => {
      errors.push(error.code ?? error.message);
    },
  };
  const socket = await openSocket({ host, port: 0 }, connectTo);
  const io =
    kind === 'dgram'
      ? new DgramIo(socket, handlers)
      : new BatchedIo(socket, handlers, await loadLinuxUdp(), descriptorOf(socket) as number);
  open.push(io);
  return { io, received, errors };
}

const isLinux = process.platform === 'linux';

describe.runIf(isLinux)('packets in batches', () => {
  it.each([
    ['127.0.0.1', 'dgram', 'batched'],
    ['127.0.0.1', 'batched', 'dgram'],
    ['127.0.0.1', 'batched', 'batched'],
    ['::1', 'batched', 'batched'],
    ['::1', 'dgram', 'batched'],
  ] as const)('arrive whole and in order over %s, %s to %s', async (host, from, to) => {
    const receiver = await openIo(to, host);
    const sender = await openIo(from, host);
    const writer = new PacketWriter();
    const sent: Buffer[] = [];
    // Equal ones, a shorter and a longer one, and single bytes: every way in which a run can end.
    const sizes = [...Array.from({ length: 100 }, () => 1200), 700, 1200, 1400, 1, 1400, 1400, 1400, 60];
    for (const [i, size] of sizes.entries()) {
      const packet = Buffer.alloc(size, i + 1);
      writer.slot(1500).set(packet);
      writer.commit(size, sender.io, { host, port: receiver.io.local.port });
      sent.push(packet);
    }
    writer.flush();
    await eventually(() => receiver.received.length === sent.length, 'all packets');
    expect(receiver.received.map((one) => one.bytes.length)).toEqual(sizes);
    expect(receiver.received.every((one, i) => one.bytes.equals(sent[i] as Buffer))).toBe(true);
    expect(new Set(receiver.received.map((one) => `${one.host} ${one.port}`))).toEqual(
      new Set([`${host} ${sender.io.local.port}`]),
    );
    expect(sender.errors).toEqual([]);
  });

  it('leave from a connected socket, which also hears that nobody listens', async () => {
    const receiver = await openIo('batched', '127.0.0.1');
    const { port } = receiver.io.local;
    const sender = await openIo('batched', '127.0.0.1', { host: '127.0.0.1', port });
    const writer = new PacketWriter();
    const send = (): void => {
      writer.slot(100).fill(7);
      writer.commit(100, sender.io, null);
      writer.flush();
    };
    send();
    await eventually(() => receiver.received.length === 1, 'the packet');
    receiver.io.close();
    await eventually(() => {
      send();
      return sender.errors.includes('ECONNREFUSED');
    }, 'the refusal');
  });

  it('reach an IPv4 peer through a socket for both families', async () => {
    const receiver = await openIo('batched', '::');
    const sender = await openIo('batched', '127.0.0.1');
    const to = { host: '127.0.0.1', port: receiver.io.local.port };
    const writer = new PacketWriter();
    for (let i = 0; i < 10; i++) {
      writer.slot(100).fill(i);
      writer.commit(100, sender.io, to);
    }
    writer.flush();
    await eventually(() => receiver.received.length === 10, 'the packets');
    expect(new Set(receiver.received.map((one) => one.host))).toEqual(new Set(['::ffff:127.0.0.1']));
    const from = receiver.received[0] as Received;
    writer.slot(50).fill(1);
    writer.commit(50, receiver.io, { host: from.host, port: from.port });
    writer.flush();
    await eventually(() => sender.received.length === 1, 'the answer');
  });
});

describe('socketName', () => {
  it('writes addresses as the kernel has them', () => {
    expect(socketName('192.0.2.1', 443).toString('hex')).toBe('020001bbc00002010000000000000000');
    const v6 = (host: string): string => socketName(host, 443).subarray(8, 24).toString('hex');
    expect(v6('2001:db8::1')).toBe('20010db8000000000000000000000001');
    expect(v6('::')).toBe('00000000000000000000000000000000');
    expect(v6('::ffff:192.0.2.1')).toBe('00000000000000000000ffffc0000201');
    expect(v6('1:2:3:4:5:6:7:8')).toBe('00010002000300040005000600070008');
    expect(v6('fe80::')).toBe('fe800000000000000000000000000000');
  });
});
