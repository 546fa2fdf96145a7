import { describe, expect, it, vi } from 'vitest';
import { LoneEnds } from '../../../../../src/core/transport/quic/lone-ends.js';
import type { QuicSendStream } from '../../../../../src/core/transport/quic/send-stream.js';

const all = (): boolean => true;

function setUp() {
  const ended: string[] = [];
  const world = { hasRoom: true };
  const ends = new LoneEnds(
    () => world.hasRoom,
    () => {},
  );
  const stream = (name: string) => ({ endAlone: () => ended.push(name) }) as unknown as QuicSendStream;
  return { ended, world, ends, stream };
}

describe('LoneEnds', () => {
  it('ends a stream once the packets with its data are acknowledged', () => {
    const { ended, ends, stream } = setUp();
    const a = stream('a');
    ends.onData(a);
    ends.onSent(7);
    ends.add(a);
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
    const { ended, ends, stream } = setUp();
    const a = stream('a');
    ends.onData(a);
    ends.onSent(3);
    ends.onAck(3, all);
    ends.onSent(8);
    ends.add(a);
    ends.onSent(8);
    expect(ended).toEqual(['a']);
  });

  it('takes nothing for sent while the congestion window has no room', () => {
    const { ended, world, ends, stream } = setUp();
    const a = stream('a');
    world.hasRoom = false;
    ends.onData(a);
    ends.onSent(3);
    ends.add(a);
    ends.onAck(3, all);
    ends.onSent(3);
    expect(ended).toEqual([]);
    world.hasRoom = true;
    ends.onSent(5);
    expect(ended).toEqual([]);
    ends.onAck(5, all);
    expect(ends.areDue).toBe(true);
    ends.onSent(5);
    expect(ended).toEqual(['a']);
  });

  it('waits for what is sent again after a loss', () => {
    const { ended, ends, stream } = setUp();
    const a = stream('a');
    ends.onData(a);
    ends.onSent(4);
    ends.add(a);
    ends.onSent(4);
    ends.onAck(6, (packet) => packet !== 4);
    ends.onSent(7);
    expect(ended).toEqual([]);
    ends.onAck(7, all);
    ends.onSent(7);
    expect(ended).toEqual(['a']);
  });

  it('does not wait for ever for an acknowledgement, and gives each stream its time', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { ended, ends, stream } = setUp();
      const [a, b] = [stream('a'), stream('b')];
      ends.onData(a);
      ends.onSent(3);
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
