import { describe, expect, it } from 'vitest';
import { SendBacklog } from '../../../../../../src/core/transport/quic/streams/send-backlog.js';

describe('SendBacklog', () => {
  it('is what was taken, less what packets have room for', () => {
    const backlog = new SendBacklog();
    backlog.add(3000);
    backlog.onPacket(1228);
    expect(backlog.bytes).toBe(1800);
    backlog.add(200);
    backlog.onPacket(28);
    backlog.onPacket(10);
    expect(backlog.bytes).toBe(2000);
  });

  it('is never less than nothing, and ends when told', () => {
    const backlog = new SendBacklog();
    backlog.add(100);
    backlog.onPacket(16_000);
    expect(backlog.bytes).toBe(0);
    backlog.add(100);
    backlog.clear();
    expect(backlog.bytes).toBe(0);
  });
});
