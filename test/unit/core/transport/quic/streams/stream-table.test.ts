import { describe, expect, it } from 'vitest';
import type { NativeConnection } from '../../../../../../src/core/transport/quic/native.js';
import { StreamTable } from '../../../../../../src/core/transport/quic/streams/stream-table.js';
import type { SendStream } from '../../../../../../src/core/transport/transport.js';

/** A client's streams over a library that has room for `world.room` bytes, and notes what it was offered. */
function setUp() {
  const world = { room: 0, offers: 0, sent: new Map<number, number>(), flushes: 0 };
  const native = {
    peerStreamsLeftUni: () => 10,
    isReadable: () => false,
    streamCapacity: () => 0,
    streamShutdown: () => {},
    stats: () => ({ retrans: 0, streamRetransBytes: 0 }),
    streamSend: (stream: number, bytes: Uint8Array) => {
      if (bytes.length === 0) return 0;
      world.offers++;
      const taken = Math.min(world.room, bytes.length);
      world.room -= taken;
      world.sent.set(stream, (world.sent.get(stream) ?? 0) + taken);
      return taken === 0 ? null : taken;
    },
  };
  let isDue = false;
  const touch = (): void => {
    isDue = true;
  };
  const table = new StreamTable(native as unknown as NativeConnection, {
    isServer: false,
    maxIncomingUni: 10,
    maxIncomingBidi: 10,
    touch,
    ping: touch,
  });
  /** The turns of the event loop that the streams ask for, up to so many. */
  const turn = (most: number): void => {
    for (let i = 0; i < most && isDue; i++) {
      isDue = false;
      world.flushes++;
      table.sends.pump();
      table.sends.onSent(world.flushes, true);
    }
  };
  const open = (): SendStream => {
    const stream = table.tryOpenUni();
    if (stream === null) throw new Error('no credit');
    return stream;
  };
  return { world, table, turn, open };
}

describe('StreamTable', () => {
  it('asks for no turns while a stream waits for room', () => {
    const { world, turn, open } = setUp();
    world.room = 3000;
    void open()
      .write(new Uint8Array(5000))
      ?.catch(() => {});
    turn(100);
    expect(world.sent.get(2)).toBe(3000);
    expect(world.flushes).toBeLessThanOrEqual(3);
    expect(world.offers).toBeLessThanOrEqual(2);
  });

  it('offers what waits again once packets have arrived', () => {
    const { world, table, turn, open } = setUp();
    void open()
      .write(new Uint8Array(5000))
      ?.catch(() => {});
    turn(100);
    world.room = 10_000;
    table.ingest();
    table.sends.pump();
    expect(world.sent.get(2)).toBe(5000);
    expect(table.sends.mayGoAtOnce()).toBe(true);
  });

  it('offers what waits again once another stream was reset', () => {
    const { world, table, turn, open } = setUp();
    const other = open();
    void open()
      .write(new Uint8Array(5000))
      ?.catch(() => {});
    turn(100);
    world.room = 10_000;
    other.reset(1n);
    turn(100);
    expect(world.sent.get(6)).toBe(5000);
    expect(table.sends.mayGoAtOnce()).toBe(true);
  });

  it('hands a little that was written before over first, when much is written behind it', () => {
    const { world, open } = setUp();
    world.room = 1000;
    const control = open();
    void control.write(new Uint8Array(20));
    void open()
      .write(new Uint8Array(5000))
      ?.catch(() => {});
    expect(world.sent.get(2)).toBe(20);
    expect(world.sent.get(6)).toBe(980);
  });

  it('offers what is written behind something that waits only together with it', () => {
    const { world, turn, open } = setUp();
    const stream = open();
    void stream.write(new Uint8Array(5000))?.catch(() => {});
    turn(100);
    const offers = world.offers;
    void stream.write(new Uint8Array(5000))?.catch(() => {});
    turn(100);
    expect(world.offers).toBe(offers);
  });
});
