import { describe, expect, it } from 'vitest';
import { hostPort, isIpLiteral } from '../../../../src/core/transport/address.js';

describe('isIpLiteral', () => {
  it.each(['127.0.0.1', '255.255.255.255', '::', '::1', '2001:db8::1', 'fe80::1%eth0', '::ffff:192.0.2.1'])(
    '%s is one',
    (host) => {
      expect(isIpLiteral(host)).toBe(true);
    },
  );
  it.each(['localhost', 'relay.example', '1.2.3', '1.2.3.256', '01.2.3.4', ':', 'a:b', '::g', '[::1]', ''])(
    '%j is none',
    (host) => {
      expect(isIpLiteral(host)).toBe(false);
    },
  );
});

describe('hostPort', () => {
  it('puts brackets around IPv6 literals only', () => {
    expect(hostPort('::1', 443)).toBe('[::1]:443');
    expect(hostPort('fe80::1%eth0', 443)).toBe('[fe80::1%eth0]:443');
    expect(hostPort('192.0.2.1', 443)).toBe('192.0.2.1:443');
    expect(hostPort('relay.example', 443)).toBe('relay.example:443');
  });
});
