import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CapsuleDecoder,
  encodeCloseCapsule,
  encodeDrainCapsule,
  MAX_CLOSE_REASON_BYTES,
  textAmongCapsules,
  truncateUtf8,
} from '../../../../../src/core/transport/webtransport/capsules.js';
import { requestStreamPolicy } from '../../../../../src/core/transport/webtransport/h3/frames.js';
import { H3Error } from '../../../../../src/core/transport/webtransport/h3/h3-error.js';
import { TlvDecoder } from '../../../../../src/core/transport/webtransport/h3/tlv-decoder.js';
import { encodeVarints } from '../../../../../src/core/transport/webtransport/h3/varint.js';
import { concatBytes, utf8 } from '../../../../../src/core/util/bytes.js';

/** The data in the DATA frames of `bytes`. */
function frameData(bytes: Uint8Array): Uint8Array {
  const frames = new TlvDecoder(requestStreamPolicy());
  frames.push(Uint8Array.of(1, 0));
  return concatBytes(frames.push(bytes).flatMap((event) => (event.kind === 'part' ? [event.bytes] : [])));
}

const capsule = (type: number, value: Uint8Array): Uint8Array =>
  concatBytes([encodeVarints(type, value.length), value]);

describe('capsules', () => {
  it('are not mistaken for text, nor text for them', () => {
    expect(textAmongCapsules(utf8('404 page not found\n'))).toBe('404 page not found');
    expect(textAmongCapsules(utf8('x'.repeat(500)))).toHaveLength(100);
    for (const bytes of [
      encodeCloseCapsule(0n, 'not found'),
      encodeDrainCapsule(),
      utf8('short'),
      utf8('zeilen\numbruch'),
    ])
      expect(textAmongCapsules(bytes)).toBeNull();
    expect(textAmongCapsules(capsule(0x2843, concatBytes([new Uint8Array(4), utf8('not found')])))).toBeNull();
  });

  it('carry code and reason of a close', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    fc.assert(
      fc.property(fc.bigInt(0n, 0xffff_ffffn), text, fc.nat(40), (code, reason, cut) => {
        const data = frameData(encodeCloseCapsule(code, reason));
        const decoder = new CapsuleDecoder();
        const at = Math.min(cut, data.length);
        const found = [...decoder.push(data.subarray(0, at)), ...decoder.push(data.subarray(at))];
        // A leading byte order mark is no part of the text.
        expect(found).toEqual([{ type: 'close', code, reason: reason.replace(/^\ufeff/, '') }]);
        expect(decoder.atBoundary).toBe(true);
      }),
    );
  });

  it('cut a long reason between characters', () => {
    const [found] = new CapsuleDecoder().push(frameData(encodeCloseCapsule(1n, `x${'€'.repeat(500)}`)));
    expect(found).toEqual({ type: 'close', code: 1n, reason: `x${'€'.repeat(341)}` });
  });

  it('ask to drain', () => {
    expect(new CapsuleDecoder().push(frameData(encodeDrainCapsule()))).toEqual([{ type: 'drain' }]);
  });

  it('of other types are skipped, however long', () => {
    const decoder = new CapsuleDecoder();
    expect(decoder.push(capsule(0x190b4d3d, Uint8Array.of(5)))).toEqual([]);
    expect(decoder.push(encodeVarints(0x1234, 2 ** 40))).toEqual([]);
    expect(decoder.push(new Uint8Array(1000))).toEqual([]);
    expect(decoder.atBoundary).toBe(false);
  });

  it.each([
    ['a close without a code', capsule(0x2843, Uint8Array.of(0, 0, 0))],
    ['a reason of more than 1024 bytes', encodeVarints(0x2843, 4 + MAX_CLOSE_REASON_BYTES + 1)],
    ['a drain that holds something', capsule(0x78ae, Uint8Array.of(0))],
  ])('refuse %s', (_what, bytes) => {
    expect(() => new CapsuleDecoder().push(bytes)).toThrow(H3Error);
  });
});

describe('truncateUtf8', () => {
  it('never exceeds the limit and never splits a character', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(text, fc.nat(80), (value, limit) => {
        const bytes = truncateUtf8(value, limit);
        expect(bytes.length).toBeLessThanOrEqual(limit);
        const back = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
        expect(value.startsWith(back)).toBe(true);
        if (utf8(value).length <= limit) expect(back).toBe(value);
      }),
    );
  });
});
