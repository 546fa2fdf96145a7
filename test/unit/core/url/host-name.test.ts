import * as net from 'node:net';
import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { domainToAscii, isIPv4, isIPv6 } from '../../../../src/core/url/host-name.js';

describe('addresses', () => {
  it('are told from names as by Node', () => {
    const almost = fc.stringMatching(/^[0-9a-f:.]{1,24}$/);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), almost), (text) => {
        expect(isIPv4(text)).toBe(net.isIPv4(text));
        expect(isIPv6(text)).toBe(net.isIPv6(text));
      }),
    );
  });

  it.each(['::1', '::', '2001:db8::1', '::ffff:127.0.0.1', 'FE80::A'])('%s is IPv6', (text) => {
    expect(isIPv6(text)).toBe(true);
  });

  it.each(['', ':', ':::', '1', '1::2::3', '::1]', '::1%lo', '127.0.0.1', '::g'])('%j is not', (text) => {
    expect(isIPv6(text)).toBe(false);
  });

  it.each(['01.2.3.4', '1.2.3', '256.1.1.1', '1.2.3.4.', ''])('%j is not IPv4', (text) => {
    expect(isIPv4(text)).toBe(false);
  });
});

describe('international names', () => {
  it.each(['höhle.example', 'ümlaut', '例え.テスト', 'faß.de', 'Ａ.example'])(
    '%s becomes what Node makes of it',
    (name) => {
      expect(domainToAscii(name)).toBe(domainToASCII(name));
      expect(domainToAscii(name)).not.toBe('');
    },
  );

  it.each(['１２７', '１２７.１', 'é%61', 'é:1', 'é@b', 'é/b'])(
    '%s becomes nothing, least of all an address',
    (name) => {
      expect(domainToAscii(name)).toBe('');
    },
  );
});
