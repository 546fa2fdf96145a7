import { describe, expect, it } from 'vitest';
import { quicCodeName } from '../../../../../src/core/errors/codes/quic-codes.js';
import { hostPort, isLoopback, toAddress, withoutZone } from '../../../../../src/core/transport/address.js';
import { cryptoErrorName, encodeReason } from '../../../../../src/core/transport/quic/close-codes.js';
import { interleave } from '../../../../../src/core/transport/resolve-host.js';

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

  it('alternate between the families, beginning with the one that came first', () => {
    expect(interleave(['::1', '::2', '::3', '1.1.1.1', '2.2.2.2'])).toEqual([
      '::1',
      '1.1.1.1',
      '::2',
      '2.2.2.2',
      '::3',
    ]);
    expect(interleave(['1.1.1.1', '::1'])).toEqual(['1.1.1.1', '::1']);
    expect(interleave([])).toEqual([]);
  });
});

describe('close codes', () => {
  it('have names', () => {
    expect(cryptoErrorName(0x178)).toBe('no_application_protocol');
    expect(cryptoErrorName(0x1ff)).toBe('alert 255');
    expect(cryptoErrorName(10)).toBeUndefined();
    expect(quicCodeName(10)).toBe('PROTOCOL_VIOLATION');
    expect(quicCodeName(0x12345)).toBeUndefined();
  });

  it('carry a reason that fits one packet, cut between characters', () => {
    expect(Buffer.from(encodeReason('kurz')).toString()).toBe('kurz');
    const cut = encodeReason('ü'.repeat(1000));
    expect(cut.length).toBeLessThanOrEqual(900);
    expect(Buffer.from(cut).toString()).toBe('ü'.repeat(450));
    expect(Buffer.from(encodeReason(`x${'ü'.repeat(1000)}`)).toString()).toBe(`x${'ü'.repeat(449)}`);
  });
});
