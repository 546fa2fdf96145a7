import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkCode, streamErrorCodeOf, streamErrorWith } from '../../../../../src/core/transport/w3c/stream-errors.js';

afterEach(() => vi.unstubAllGlobals());

describe('the error that resets and stops', () => {
  class Standard extends Error {
    readonly streamErrorCode: number | null;
    constructor(message = '', options: { streamErrorCode?: number } = {}) {
      super(message);
      this.streamErrorCode = options.streamErrorCode ?? null;
    }
  }
  class Older extends Error {
    readonly streamErrorCode: number | null;
    constructor(init: { streamErrorCode?: number } = {}) {
      super();
      this.streamErrorCode = init.streamErrorCode ?? null;
    }
  }
  class Narrow extends Error {
    constructor() {
      super();
      throw new TypeError('the code does not fit an octet');
    }
  }

  it.each([
    ['of the standard', Standard],
    ['of its older form', Older],
  ])('is a WebTransportError %s', (_, WebTransportError) => {
    vi.stubGlobal('WebTransportError', WebTransportError);
    const error = streamErrorWith(0xffff_ffff);
    expect(error).toBeInstanceOf(WebTransportError);
    expect(error).toMatchObject({ streamErrorCode: 0xffff_ffff });
  });

  it.each([['without such a class', undefined] as const, ['with one that refuses the code', Narrow] as const])(
    'carries the code %s',
    (_, WebTransportError) => {
      vi.stubGlobal('WebTransportError', WebTransportError);
      expect(streamErrorWith(7)).toMatchObject({ source: 'stream', streamErrorCode: 7, code: 7 });
    },
  );

  it('has a code of 32 bits', () => {
    expect(checkCode(2n ** 32n - 1n)).toBe(2 ** 32 - 1);
    expect(() => checkCode(-1n)).toThrow(RangeError);
    expect(() => checkCode(2n ** 32n)).toThrow(RangeError);
  });
});

describe('the code in an error', () => {
  it.each([
    [{ source: 'stream', streamErrorCode: 7 }, 7n],
    [{ source: 'stream', streamErrorCode: 0 }, 0n],
    [new Error('Resetstream with code:30'), 30n],
    [new Error('StopSending with code:0'), 0n],
    // Deno: 44 and 55 as HTTP/3 codes.
    [new Error('stream reset by peer: error 91141958510856'), 44n],
    [new Error('sending stopped by peer: error 91141958510867'), 55n],
  ])('of %o is %i', (error, code) => {
    expect(streamErrorCodeOf(error)).toBe(code);
  });

  it.each([
    { source: 'session', streamErrorCode: 7 },
    { source: 'session', message: 'Resetstream with code:30' },
    { source: 'stream', streamErrorCode: null },
    new Error('Session closed (on process 1) with code 7 and reason Resetstream with code:30'),
    undefined,
    null,
    'text',
  ])('of %o is none', (error) => {
    expect(streamErrorCodeOf(error)).toBeNull();
  });
});
