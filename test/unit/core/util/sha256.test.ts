import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSha256, PortableSha256 } from '../../../../src/core/util/sha256.js';

const reference = (pieces: readonly Uint8Array[]): string =>
  createHash('sha256').update(Buffer.concat(pieces)).digest('hex');

afterEach(() => vi.unstubAllGlobals());

describe.each([
  ['written out', () => new PortableSha256()],
  ['of this runtime', createSha256],
])('SHA-256 %s', (_, create) => {
  it('is that of all pieces behind one another, and may be asked in between', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (pieces) => {
        const hash = create();
        for (let i = 0; i < pieces.length; i++) {
          hash.update(pieces[i] as Uint8Array);
          expect(hash.hex()).toBe(reference(pieces.slice(0, i + 1)));
        }
      }),
    );
  });

  it('pads at every place of a block', () => {
    for (let length = 0; length <= 130; length++) {
      const bytes = new Uint8Array(length).fill(length);
      const hash = create();
      hash.update(bytes);
      expect(hash.hex()).toBe(reference([bytes]));
    }
  });
});

it('is written out where the runtime has none', () => {
  expect(createSha256()).not.toBeInstanceOf(PortableSha256);
  vi.stubGlobal('process', undefined);
  expect(createSha256()).toBeInstanceOf(PortableSha256);
});
