import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CloseInfo } from '../../../../../src/core/transport/transport.js';
import {
  sessionCloseInfo,
  shownStreamCode,
  unwrapCode,
  wrapCode,
} from '../../../../../src/core/transport/webtransport/stream-codes.js';

describe('wrapped stream codes', () => {
  it.each([
    [0n, 0x52e4a40fa8dbn],
    [5n, 91_141_958_510_816n],
    [0x1dn, 0x52e4a40fa8f8n],
    [0x1en, 0x52e4a40fa8fan],
    [0xffff_ffffn, 0x52e5ac983162n],
  ])('carries %s as %s', (code, wire) => {
    expect(wrapCode(code)).toBe(wire);
    expect(unwrapCode(wire)).toBe(code);
  });

  it('gives back every code of 32 bits, in order', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 0xffff_fffen), (code) => {
        expect(unwrapCode(wrapCode(code))).toBe(code);
        expect(wrapCode(code + 1n)).toBeGreaterThan(wrapCode(code));
        expect((wrapCode(code) - 0x21n) % 0x1fn).not.toBe(0n);
      }),
    );
  });

  it('maps nothing to the reserved points within the range, nor outside it', () => {
    expect(unwrapCode(91_141_958_510_841n)).toBeNull();
    expect(unwrapCode(0x52e4a40fa8dan)).toBeNull();
    expect(unwrapCode(0x52e5ac983163n)).toBeNull();
    expect(unwrapCode(0n)).toBeNull();
  });

  it('shows codes that are none of the application as they came', () => {
    expect(shownStreamCode(0x170d7b68n)).toBe(0x170d7b68n);
    expect(shownStreamCode(wrapCode(3n))).toBe(3n);
  });

  it('refuses codes beyond 32 bits', () => {
    expect(() => wrapCode(0x1_0000_0000n)).toThrow(RangeError);
    expect(() => wrapCode(-1n)).toThrow(RangeError);
  });
});

describe('the end of the connection as the end of the session', () => {
  const close = (code: bigint, isApplication = true): CloseInfo => ({ by: 'peer', isApplication, code, reason: '' });

  it('unwraps a wrapped code', () => {
    expect(sessionCloseInfo(close(wrapCode(3n)))).toEqual(close(3n));
  });

  it('takes codes that HTTP/3 has no use for to be the application’s', () => {
    for (const code of [0n, 0x1bn, 42n, 0x2_0000n]) expect(sessionCloseInfo(close(code))).toEqual(close(code));
  });

  it('names HTTP/3 codes, which are not the application’s', () => {
    expect(sessionCloseInfo(close(0x10bn))).toEqual({ ...close(0x10bn, false), reason: 'H3_REQUEST_REJECTED' });
  });

  it.each([0x33n, 0x1ffn, 0x21n, 0x1fn * 1000n + 0x21n])('takes the code %i for HTTP/3’s or reserved', (code) => {
    expect(sessionCloseInfo(close(code))).toMatchObject({ isApplication: false, code });
  });

  it('leaves codes of QUIC alone', () => {
    expect(sessionCloseInfo(close(0xan, false))).toEqual(close(0xan, false));
  });
});
