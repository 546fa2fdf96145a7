import { describe, expect, it } from 'vitest';
import { quicCodeName } from '../../../../../src/core/errors/codes/quic-codes.js';
import { cryptoErrorName, encodeReason } from '../../../../../src/core/transport/quic/close-codes.js';

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
