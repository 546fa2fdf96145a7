import { describe, expect, it, vi } from 'vitest';
import { LoneEnds } from '../../../../../../src/core/transport/quic/streams/lone-ends.js';
import { SendBacklog } from '../../../../../../src/core/transport/quic/streams/send-backlog.js';
import type { QuicSendStream } from '../../../../../../src/core/transport/quic/streams/send-stream.js';

const all = (): boolean => true;

function setUp() {
  const ended: string[] = [];
  const world = { repeats: { frames: 0, bytes: 0 }, pings: 0, touches: 0 };
  const backlog = new SendBacklog();
  const ends = new LoneEnds({
    backlog,
    repeats: () => world.repeats,
    ping: () => world.pings++,
    touch: () => world.touches++,
  });
  const stream = (name: string) => ({ endAlone: () => ended.push(name) }) as unknown as QuicSendStream;
  /** Packets up to `packet` leave, the last of them full. */
  const flush = (packet: number): void => {
    ends.onPacket(packet, 1200);
    ends.onSent(packet);
  };
  /** The same, with new data of a stream. */
  const send = (packet: number): void => {
    ends.onData();
    flush(packet);
  };
  return { ended, world, backlog, ends, stream, flush, send };
}

describe('LoneEnds', () => {
  it('ends a stream once the packets with its data are acknowledged', () => {
    const { ended, ends, stream, send } = setUp();
    send(7);
    ends.add(stream('a'));
    ends.onSent(7);
    ends.onAck(6, all);
    ends.onSent(9);
    expect(ended).toEqual([]);
    ends.onAck(7, all);
    ends.onSent(9);
    expect(ended).toEqual(['a']);
    expect([...ends.streams]).toEqual([]);
  });

  it('ends a stream at once whose data was acknowledged long ago, whatever other packets are on their way', () => {
    const { ended, ends, stream, send } = setUp();
    send(3);
    ends.onAck(3, all);
    ends.onSent(8);
    ends.add(stream('a'));
    ends.onSent(8);
    expect(ended).toEqual(['a']);
  });

  it('waits while QUIC holds data back, and then for two windows', () => {
    const { ended, ends, backlog, stream, send, flush } = setUp();
    backlog.add(5000);
    send(3);
    ends.add(stream('a'));
    ends.onAck(3, all);
    flush(5);
    backlog.onPacket(5028);
    ends.onAck(5, all);
    flush(6);
    expect(ended).toEqual([]);
    ends.onAck(6, all);
    ends.onSent(8);
    expect(ended).toEqual([]);
    ends.onAck(8, all);
    ends.onSent(9);
    expect(ended).toEqual(['a']);
  });

  it.each(['a gap', 'a timeout'] as const)('waits for two windows after %s', (what) => {
    const { ended, ends, stream, send } = setUp();
    send(4);
    ends.add(stream('a'));
    ends.onSent(4);
    if (what === 'a timeout') ends.onTimeout();
    ends.onAck(6, (packet) => what !== 'a gap' || packet !== 4);
    ends.onSent(8);
    ends.onAck(8, all);
    ends.onSent(11);
    expect(ended).toEqual([]);
    ends.onAck(11, all);
    ends.onSent(12);
    expect(ended).toEqual(['a']);
  });

  it('begins anew when something is sent again, which first has to leave', () => {
    const { ended, world, ends, backlog, stream, send, flush } = setUp();
    send(4);
    ends.add(stream('a'));
    ends.onAck(6, (packet) => packet !== 4);
    flush(8);
    world.repeats = { frames: 1, bytes: 1200 };
    ends.onAck(8, all);
    flush(9);
    expect(backlog.bytes).toBe(1200);
    ends.onAck(9, all);
    flush(10);
    ends.onAck(10, all);
    flush(11);
    expect(ended).toEqual([]);
    backlog.onPacket(1300);
    flush(12);
    ends.onAck(12, all);
    flush(13);
    expect(ended).toEqual([]);
    ends.onAck(13, all);
    flush(14);
    expect(ended).toEqual(['a']);
  });

  it('asks for an acknowledgement, once, when nothing is sent that would bring one', () => {
    const { ended, world, ends, stream, send } = setUp();
    ends.onTimeout();
    send(4);
    ends.add(stream('a'));
    ends.onSent(4);
    ends.onSent(4);
    expect(world.pings).toBe(1);
    ends.onAck(5, all);
    ends.onSent(5);
    ends.onSent(5);
    expect(ended).toEqual(['a']);
  });

  it('believes in no backlog when all that was large is acknowledged and nothing large is sent', () => {
    const { ends, backlog, send } = setUp();
    backlog.add(700);
    send(4);
    ends.onPacket(5, 40);
    ends.onSent(5);
    expect(backlog.bytes).toBe(700);
    ends.onAck(4, all);
    ends.onPacket(6, 40);
    ends.onSent(6);
    expect(backlog.bytes).toBe(0);
  });

  it('does not wait for ever for an acknowledgement, and gives each stream its time', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { ended, ends, stream, send } = setUp();
      const [a, b] = [stream('a'), stream('b')];
      send(3);
      ends.add(a);
      vi.advanceTimersByTime(2500);
      ends.add(b);
      vi.advanceTimersByTime(2500);
      expect(ended).toEqual(['a']);
      vi.advanceTimersByTime(5000);
      expect(ended).toEqual(['a', 'b']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('forgets a stream that was reset', () => {
    const { ended, ends, stream } = setUp();
    const a = stream('a');
    ends.add(a);
    ends.delete(a);
    ends.onSent(0);
    expect(ended).toEqual([]);
    ends.clear();
  });
});
