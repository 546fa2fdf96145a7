import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SubgroupWriter } from '../../../../../src/core/session/data/outgoing-subgroup.js';
import type { SendStream } from '../../../../../src/core/transport/transport.js';
import { concatBytes } from '../../../../../src/core/util/bytes.js';
import type { FragmentRun } from '../../../../../src/core/wire/encoded-run.js';
import type { SubgroupHeader } from '../../../../../src/core/wire/messages/object.js';
import type { DraftProfile } from '../../../../../src/core/wire/profile.js';
import { encodeSubgroupHeader, SubgroupDecoder, SubgroupEncoder } from '../../../../../src/core/wire/subgroup.js';
import { EncodeError } from '../../../../../src/core/wire/wire-error.js';
import { type AnyObject, anyCuts, anyObject, cut, DRAFTS, profileOf } from '../../../../support/data-arbitraries.js';

const LIMITS = { maxObjectBytes: 1 << 20, maxPropertiesBytes: 1 << 16 };

/** A stream that takes everything, and tells what it took. */
class Sink implements SendStream {
  readonly id = 2n;
  readonly queuedBytes = 0;
  readonly stopped = new Promise<bigint>(() => {});
  readonly chunks: Uint8Array[] = [];

  write(bytes: Uint8Array): undefined {
    this.chunks.push(bytes);
  }
  writev(chunks: readonly Uint8Array[]): undefined {
    this.chunks.push(...chunks);
  }
  end(): void {}
  reset(): void {}
  priority(): void {}
  delivered(): Promise<'acknowledged'> {
    return Promise.resolve('acknowledged');
  }
}

function writerOn(sink: Sink, profile: DraftProfile, hasProperties: boolean): SubgroupWriter {
  return new SubgroupWriter(profile, sink, { group: 5n, subgroup: 0n, priority: 9, hasProperties }, 1n, () => {});
}

function headerOf(hasProperties: boolean): SubgroupHeader {
  const flags = { hasProperties, endOfGroup: false, firstObject: false };
  return { trackAlias: 1n, group: 5n, subgroup: 0n, priority: 9, ...flags };
}

interface Item {
  readonly gap: bigint;
  readonly object: AnyObject;
}

function streamOf(profile: DraftProfile, hasProperties: boolean, items: readonly Item[]): Uint8Array {
  const encoder = new SubgroupEncoder(profile, { hasProperties });
  const parts = [encodeSubgroupHeader(profile, headerOf(hasProperties))];
  let id = -1n;
  for (const { gap, object } of items) {
    id += 1n + gap;
    parts.push(encoder.objectHeader({ object: id, ...object }, object.payload.length), object.payload);
  }
  return concatBytes(parts);
}

/** The runs that the chunks give, as a relay reads them. */
function runsOf(profile: DraftProfile, chunks: readonly Uint8Array[]): FragmentRun[] {
  const decoder = new SubgroupDecoder(profile, LIMITS);
  const runs = chunks.map((chunk) => decoder.push(chunk)).filter((run) => run.length > 0);
  decoder.finish();
  return runs;
}

/** Five objects of 100 bytes. */
function plainStream(profile: DraftProfile): Uint8Array {
  const object: AnyObject = { status: 'normal', properties: new Uint8Array(0), payload: new Uint8Array(100).fill(7) };
  return streamOf(
    profile,
    false,
    Array.from({ length: 5 }, () => ({ gap: 0n, object })),
  );
}

describe.each(DRAFTS)('a subgroup stream passed on in draft %s', (draft) => {
  const profile = profileOf(draft);
  const anyItems = fc.boolean().chain((hasProperties) =>
    fc.record({
      hasProperties: fc.constant(hasProperties),
      items: fc.array(fc.record({ gap: fc.bigInt(0n, 300n), object: anyObject(profile, hasProperties) }), {
        minLength: 1,
        maxLength: 8,
      }),
    }),
  );

  it('is the same bytes again, cut anywhere, whichever pieces are copied and whichever are encoded anew', () => {
    fc.assert(
      fc.property(anyItems, anyCuts, fc.array(fc.boolean()), ({ hasProperties, items }, places, anew) => {
        const bytes = streamOf(profile, hasProperties, items);
        const sink = new Sink();
        const writer = writerOn(sink, profile, hasProperties);
        runsOf(profile, cut(bytes, places)).forEach((run, i) => {
          void writer.writeFragments(anew[i] ? [...run] : run);
        });
        writer.end();
        expect(concatBytes(sink.chunks)).toEqual(bytes);
      }),
    );
  });

  it('is copied in one piece, without a chunk per object', () => {
    const bytes = plainStream(profile);
    const sink = new Sink();
    const [run] = runsOf(profile, [bytes]) as [FragmentRun];
    void writerOn(sink, profile, false).writeFragments(run);
    expect(sink.chunks).toHaveLength(2);
    expect(sink.chunks[1]?.buffer).toBe(bytes.buffer);
  });

  it('is encoded anew where what comes first was left out, so that IDs count from what was sent', () => {
    const bytes = plainStream(profile);
    const runs = runsOf(profile, cut(bytes, [bytes.length - 204]));
    const sink = new Sink();
    const writer = writerOn(sink, profile, false);
    void writer.writeFragments((runs[0] as FragmentRun).slice(1));
    void writer.writeFragments(runs[1] as FragmentRun);
    const [again] = runsOf(profile, [concatBytes(sink.chunks)]) as [FragmentRun];
    expect(again.map(({ header }) => header.object)).toEqual([1n, 2n, 3n, 4n]);
  });

  it('is encoded anew where it has a properties field and came without', () => {
    const sink = new Sink();
    const [run] = runsOf(profile, [plainStream(profile)]) as [FragmentRun];
    void writerOn(sink, profile, true).writeFragments(run);
    const [again] = runsOf(profile, [concatBytes(sink.chunks)]) as [FragmentRun];
    expect(again.map(({ header }) => header.payloadLength)).toEqual([100, 100, 100, 100, 100]);
  });

  it('is encoded anew in another draft', () => {
    const other = profileOf(draft === '14' ? '18' : '14');
    const sink = new Sink();
    const [run] = runsOf(profile, [plainStream(profile)]) as [FragmentRun];
    void writerOn(sink, other, false).writeFragments(run);
    const [again] = runsOf(other, [concatBytes(sink.chunks)]) as [FragmentRun];
    expect(again).toHaveLength(5);
  });

  it('is refused where bytes of an object are missing before it', () => {
    const bytes = plainStream(profile);
    const [first, , third] = runsOf(profile, cut(bytes, [50, 80])) as [FragmentRun, FragmentRun, FragmentRun];
    const writer = writerOn(new Sink(), profile, false);
    void writer.writeFragments(first);
    expect(() => writer.writeFragments(third)).toThrow(EncodeError);
  });
});
