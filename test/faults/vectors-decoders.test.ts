import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/util/seeded-random.js';
import { ControlDecoder } from '../../src/core/wire/control-codec.js';
import { decodeDatagram } from '../../src/core/wire/datagram.js';
import { FetchDecoder } from '../../src/core/wire/fetch.js';
import type { ObjectStreamDecoder } from '../../src/core/wire/object-stream.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { SubgroupDecoder } from '../../src/core/wire/subgroup.js';
import { WireError } from '../../src/core/wire/wire-error.js';
import { DRAFTS, profileOf } from '../support/rogue-peer.js';
import { flipped, loadVectors, type Vector } from '../support/vectors.js';

const SEED = 20_261_123;
const MEMORY_BOUND = 64 * 1024 * 1024;
const LIMITS = { maxObjectBytes: 2 ** 32, maxPropertiesBytes: 65_536 };

/** What came out of a decoder: how many units, and whether it waits for more. A raw error of any other kind passes through. */
function decode(profile: DraftProfile, kind: Vector['kind'], bytes: Uint8Array): 'violation' | 'fine' | 'waits' {
  try {
    if (kind === 'control') {
      const decoder = new ControlDecoder(profile);
      decoder.push(bytes);
      while (decoder.next() !== null);
      return decoder.pendingBytes > 0 ? 'waits' : 'fine';
    }
    if (kind === 'datagram') {
      decodeDatagram(profile, bytes);
      return 'fine';
    }
    const order = kind === 'fetch-desc' ? 'descending' : 'ascending';
    const decoder: ObjectStreamDecoder<unknown> =
      kind === 'subgroup' ? new SubgroupDecoder(profile, LIMITS) : new FetchDecoder(profile, order, LIMITS);
    decoder.push(bytes);
    if (decoder.failure !== null) return 'violation';
    return decoder.atBoundary ? 'fine' : 'waits';
  } catch (error) {
    if (error instanceof WireError) return 'violation';
    throw error;
  }
}

describe.each(DRAFTS)('the decoders of draft %s', (draft) => {
  const profile = profileOf(draft);
  const vectors = loadVectors(draft);

  it(`row 1: each of ${vectors.length} vectors cut at every byte waits or is a violation`, () => {
    for (const { kind, bytes, decoded, line } of vectors) {
      const whole = decode(profile, kind, bytes);
      for (let at = 0; at < bytes.length; at++) {
        const outcome = decode(profile, kind, bytes.subarray(0, at));
        // What is acceptable as a whole cannot be a violation in its beginning, where more may come.
        if (decoded !== undefined && whole === 'fine' && kind !== 'datagram') {
          expect(outcome, `line ${line} cut at ${at}`).not.toBe('violation');
        }
      }
    }
  });

  it(`row 2: each of ${vectors.length} vectors with a bit of every byte flipped in turn is decoded or a violation`, () => {
    const random = seededRandom(SEED);
    const before = process.memoryUsage().arrayBuffers;
    for (const { kind, bytes } of vectors) {
      for (let at = 0; at < bytes.length; at++) {
        decode(profile, kind, flipped(bytes, at, Math.floor(random() * 8)));
      }
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MEMORY_BOUND);
  });
});
