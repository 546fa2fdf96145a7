import { describe, expect, it } from 'vitest';
import { RecentIds } from '../../../../../../src/core/transport/quic/server/recent-ids.js';
import { RetryTokens } from '../../../../../../src/core/transport/quic/server/retry-token.js';

const original = Buffer.from('0011223344556677', 'hex');
const id = Buffer.alloc(20, 9);

describe('RetryTokens', () => {
  it('give back the first destination ID to the address they were made for', () => {
    const tokens = new RetryTokens();
    expect(tokens.open(tokens.issue(original, id, '192.0.2.1:5'), id, '192.0.2.1:5')).toEqual(original);
  });

  it('are worthless elsewhere: another address, connection ID, process, or after ten seconds', () => {
    let now = 1_000_000;
    const tokens = new RetryTokens(() => now);
    const token = tokens.issue(original, id, '192.0.2.1:5');
    expect(tokens.open(token, id, '192.0.2.1:6')).toBeNull();
    expect(tokens.open(token, Buffer.alloc(20, 8), '192.0.2.1:5')).toBeNull();
    expect(new RetryTokens(() => now).open(token, id, '192.0.2.1:5')).toBeNull();
    now += 10_001;
    expect(tokens.open(token, id, '192.0.2.1:5')).toBeNull();
  });

  it('are refused when any byte was changed, or cut', () => {
    const tokens = new RetryTokens();
    const token = tokens.issue(original, id, 'a:1');
    for (let i = 0; i < token.length; i++) {
      const changed = Buffer.from(token);
      changed[i] = (changed[i] as number) ^ 1;
      expect(tokens.open(changed, id, 'a:1')).toBeNull();
      expect(tokens.open(token.subarray(0, i), id, 'a:1')).toBeNull();
    }
  });
});

describe('RecentIds', () => {
  it('remember an ID for five seconds at least and ten at most', () => {
    let now = 0;
    const ids = new RecentIds(() => now);
    now = 4000;
    ids.add('a');
    now = 8900;
    expect(ids.has('a')).toBe(true);
    now = 20_000;
    expect(ids.has('a')).toBe(false);
  });

  it('stay bounded', () => {
    const ids = new RecentIds(() => 0);
    for (let i = 0; i < 30_000; i++) ids.add(String(i));
    expect(ids.has('29999')).toBe(true);
    expect(ids.has('0')).toBe(false);
  });
});
