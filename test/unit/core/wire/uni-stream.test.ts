import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../../src/core/util/bytes.js';
import { encodePaddingStreamType, identifyUniStream } from '../../../../src/core/wire/uni-stream.js';
import { EncodeError, WireError } from '../../../../src/core/wire/wire-error.js';
import { DRAFTS, profileOf } from '../../../support/data-arbitraries.js';

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(' ', '')) as Uint8Array;
}

describe('identifyUniStream', () => {
  it.each(DRAFTS)('tells subgroup and fetch streams of draft %s', (draft) => {
    expect(identifyUniStream(profileOf(draft), bytesOf('14 01'))).toEqual({ kind: 'subgroup', typeLength: 1 });
    expect(identifyUniStream(profileOf(draft), bytesOf('05'))).toEqual({ kind: 'fetch', typeLength: 1 });
  });

  it('accepts a type that is written longer than it need be', () => {
    expect(identifyUniStream(profileOf('18'), bytesOf('8005'))).toEqual({ kind: 'fetch', typeLength: 2 });
    expect(identifyUniStream(profileOf('16'), bytesOf('4014'))).toEqual({ kind: 'subgroup', typeLength: 2 });
  });

  it.each(DRAFTS)('waits for more bytes in draft %s when the type is cut', (draft) => {
    expect(identifyUniStream(profileOf(draft), new Uint8Array(0))).toBeNull();
    expect(identifyUniStream(profileOf(draft), bytesOf(draft === '18' ? 'af' : '40'))).toBeNull();
  });

  it('knows the control stream and padding in draft 18 only', () => {
    const padding = encodePaddingStreamType(profileOf('18'));
    expect(identifyUniStream(profileOf('18'), bytesOf('af00'))).toEqual({ kind: 'control', typeLength: 2 });
    expect(identifyUniStream(profileOf('18'), padding)).toEqual({ kind: 'padding', typeLength: padding.length });
    expect(() => identifyUniStream(profileOf('16'), bytesOf('6f00'))).toThrow(WireError);
    expect(() => identifyUniStream(profileOf('16'), bytesOf('932b3e28'))).toThrow(WireError);
    expect(() => encodePaddingStreamType(profileOf('16'))).toThrow(EncodeError);
  });

  it.each(['00', '04', '06', '0f', '16', '1e'])('refuses type 0x%s, which no draft assigns', (hex) => {
    for (const draft of DRAFTS) expect(() => identifyUniStream(profileOf(draft), bytesOf(hex))).toThrow(WireError);
  });

  it('refuses a type above 2^53 by its exact value', () => {
    expect(() => identifyUniStream(profileOf('18'), bytesOf('ffffffffffffffffff'))).toThrow(/18446744073709551615/);
  });
});
