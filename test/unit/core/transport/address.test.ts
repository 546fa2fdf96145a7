import { describe, expect, it } from 'vitest';
import { hostPort, isLoopback, toAddress, withoutZone } from '../../../../src/core/transport/address.js';

describe('addresses', () => {
  it('are written and read as people expect', () => {
    expect(hostPort('::1', 443)).toBe('[::1]:443');
    expect(hostPort('relay.example', 443)).toBe('relay.example:443');
    expect(toAddress('::ffff:192.0.2.1', 5)).toEqual({ host: '192.0.2.1', port: 5, family: 4 });
    expect(toAddress('2001:db8::1', 5)).toEqual({ host: '2001:db8::1', port: 5, family: 6 });
    expect(withoutZone('fe80::1%eth0')).toBe('fe80::1');
    expect(['127.8.9.1', '::1', '::ffff:127.0.0.1', '192.0.2.1', '2001:db8::1'].map(isLoopback)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
