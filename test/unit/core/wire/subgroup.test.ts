import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../../../src/core/util/bytes.js';
import type { DataLimits } from '../../../../src/core/wire/data-layout.js';
import type { ObjectFragment, ObjectHeader, SubgroupHeader } from '../../../../src/core/wire/messages/object.js';
import type { DraftProfile } from '../../../../src/core/wire/profile.js';
import { encodeSubgroupHeader, SubgroupDecoder, SubgroupEncoder } from '../../../../src/core/wire/subgroup.js';
import { EncodeError, WireError } from '../../../../src/core/wire/wire-error.js';
import { anyCuts, anyInteger, anyObject, cut, DRAFTS, oneByOne, profileOf } from '../../../support/data-arbitraries.js';

const LIMITS: DataLimits = { maxObjectBytes: 1 << 20, maxPropertiesBytes: 1 << 16 };

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(' ', '')) as Uint8Array;
}

interface Whole {
  readonly header: ObjectHeader;
  readonly payload: Uint8Array;
}

/** Puts the fragments of each object together, and checks that they are in order and say truly when they are complete. */
function assemble(fragments: readonly ObjectFragment[]): Whole[] {
  const objects: Whole[] = [];
  let parts: Uint8Array[] = [];
  for (const { header, offset, bytes, complete } of fragments) {
    expect(offset).toBe(parts.reduce((sum, part) => sum + part.length, 0));
    parts.push(bytes);
    expect(complete).toBe(offset + bytes.length === header.payloadLength);
    if (!complete) continue;
    objects.push({ header, payload: concatBytes(parts) });
    parts = [];
  }
  expect(parts).toHaveLength(0);
  return objects;
}

interface Outcome {
  readonly fragments: ObjectFragment[];
  readonly error: string | null;
  readonly header: SubgroupHeader | null;
}

/** Feeds the chunks and ends the stream. */
function feed(profile: DraftProfile, chunks: readonly Uint8Array[]): Outcome {
  const decoder = new SubgroupDecoder(profile, LIMITS);
  const fragments: ObjectFragment[] = [];
  let error: string | null = null;
  try {
    for (const chunk of chunks) fragments.push(...decoder.push(chunk));
    decoder.finish();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(WireError);
    error = (thrown as WireError).message;
  }
  return { fragments, error, header: decoder.header };
}

/** A stream that the draft can carry, as bytes, with what they mean. */
function anyStream(profile: DraftProfile) {
  const { max } = profile.data.varints;
  return fc
    .record({
      trackAlias: anyInteger(max),
      group: anyInteger(max),
      subgroup: fc.option(anyInteger(max)),
      priority: profile.features.defaultPriorityBit ? fc.option(fc.nat(255)) : fc.nat(255),
      hasProperties: fc.boolean(),
      endOfGroup: fc.boolean(),
      firstObject: profile.features.firstObjectBit ? fc.boolean() : fc.constant(false),
    })
    .chain((header) =>
      fc
        .array(fc.record({ gap: anyInteger(max / 8n), object: anyObject(profile, header.hasProperties) }), {
          maxLength: 6,
        })
        .map((items) => {
          const encoder = new SubgroupEncoder(profile, header);
          const parts = [encodeSubgroupHeader(profile, header)];
          const objects: Whole[] = [];
          let next = 0n;
          for (const { gap, object } of items) {
            const { payload, status, properties } = object;
            const id = next + gap;
            next = id + 1n;
            parts.push(encoder.objectHeader({ object: id, status, properties }, payload.length), payload);
            objects.push({
              header: {
                group: header.group,
                subgroup: header.subgroup ?? objects[0]?.header.object ?? id,
                object: id,
                priority: header.priority ?? 77,
                status,
                properties,
                payloadLength: payload.length,
              },
              payload,
            });
          }
          return { header, bytes: concatBytes(parts), objects };
        }),
    );
}

describe.each(DRAFTS)('a subgroup stream of draft %s', (draft) => {
  const profile = profileOf(draft);

  it('reads back what was written, cut anywhere', () => {
    fc.assert(
      fc.property(anyStream(profile), anyCuts, ({ header, bytes, objects }, places) => {
        const decoder = new SubgroupDecoder(profile, LIMITS, 77);
        const fragments = cut(bytes, places).flatMap((chunk) => decoder.push(chunk));
        decoder.finish();
        expect(assemble(fragments)).toEqual(objects);
        expect(decoder.header).toEqual({ ...header, subgroup: header.subgroup ?? objects[0]?.header.object ?? null });
        expect(decoder.subgroupIsFirstObject).toBe(header.subgroup === null);
      }),
    );
  });

  it('gives the same byte by byte as in one chunk, also when it is damaged', () => {
    fc.assert(
      fc.property(anyStream(profile), fc.nat(), fc.nat(7), ({ bytes }, place, bit) => {
        const damaged = bytes.slice();
        if (damaged.length > 0) damaged[place % damaged.length]! ^= 1 << bit;
        const whole = feed(profile, [damaged]);
        const single = feed(profile, oneByOne(damaged));
        expect(single.error).toBe(whole.error);
        expect(single.header).toEqual(whole.header);
        const complete = (fragments: readonly ObjectFragment[]) =>
          fragments.filter((f) => f.complete).map((f) => f.header);
        expect(complete(single.fragments)).toEqual(complete(whole.fragments));
      }),
    );
  });

  it('reads any bytes without another error than WireError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void feed(profile, [bytes])));
  });

  it.each([0x16, 0x17, 0x1e, 0x1f])('refuses the reserved subgroup ID mode in type %i', (type) => {
    expect(() => new SubgroupDecoder(profile, LIMITS).push(Uint8Array.of(type))).toThrow(WireError);
  });

  it.each([0x00, 0x04, 0x0f])('refuses type %i, which is no subgroup', (type) => {
    expect(() => new SubgroupDecoder(profile, LIMITS).push(Uint8Array.of(type))).toThrow(/not one/);
  });

  it('gives views into the chunk, not copies', () => {
    const chunk = bytesOf('10 01 00 80 00 04 deadbeef');
    const [fragment] = new SubgroupDecoder(profile, LIMITS).push(chunk);
    expect(fragment?.bytes.buffer).toBe(chunk.buffer);
  });

  it('refuses properties and payload above its limits before they arrive', () => {
    const small = { maxObjectBytes: 10, maxPropertiesBytes: 5 };
    expect(() => new SubgroupDecoder(profile, small).push(bytesOf('11 01 00 80 00 06'))).toThrow(/limit of 5/);
    const decoder = new SubgroupDecoder(profile, small);
    expect(() => decoder.push(bytesOf('10 01 00 80 00 0b'))).toThrow(/limit of 10/);
    expect(decoder.failure?.closeWith).toBe('INTERNAL_ERROR');
  });

  it.each([
    ['within the header', '10 01'],
    ['before any byte', ''],
    ['within an object header', '10 01 00 80 00'],
    ['before a status', '10 01 00 80 00 00'],
    ['within a payload', '10 01 00 80 00 02 ff'],
  ])('reports a FIN %s as a violation', (_where, hex) => {
    const decoder = new SubgroupDecoder(profile, LIMITS);
    decoder.push(bytesOf(hex));
    expect(decoder.atBoundary).toBe(false);
    expect(() => decoder.finish()).toThrow(WireError);
    expect(decoder.failure).toMatchObject({ incomplete: false, closeWith: 'PROTOCOL_VIOLATION' });
  });

  it('hands on what came before a violation, and throws from then on', () => {
    const decoder = new SubgroupDecoder(profile, LIMITS);
    const fragments = decoder.push(bytesOf('10 01 00 80 00 01 ff 00 00 02'));
    expect(fragments).toHaveLength(1);
    expect(decoder.failure?.message).toMatch(/status/);
    expect(() => decoder.push(new Uint8Array(1))).toThrow(decoder.failure as WireError);
    expect(() => decoder.finish()).toThrow(decoder.failure as WireError);
  });

  it('refuses an object ID above the largest integer', () => {
    const { max } = profile.data.varints;
    const encoder = new SubgroupEncoder(profile, { hasProperties: false });
    const header = encodeSubgroupHeader(profile, {
      trackAlias: 1n,
      group: 0n,
      subgroup: 0n,
      priority: 1,
      hasProperties: false,
      endOfGroup: false,
      firstObject: false,
    });
    const last = encoder.objectHeader({ object: max }, 0);
    const decoder = new SubgroupDecoder(profile, LIMITS);
    expect(decoder.push(concatBytes([header, last]))[0]?.header.object).toBe(max);
    expect(() => decoder.push(bytesOf('00 00 00'))).toThrow(/overflows/);
    expect(() => encoder.objectHeader({ object: max + 1n }, 0)).toThrow(EncodeError);
  });

  it('refuses to write what does not fit, and goes on as if it had not been asked', () => {
    const encoder = new SubgroupEncoder(profile, { hasProperties: false });
    encoder.objectHeader({ object: 4n }, 1);
    expect(() => encoder.objectHeader({ object: 4n }, 1)).toThrow(/does not come after/);
    expect(() => encoder.objectHeader({ object: 5n, properties: bytesOf('3c01') }, 1)).toThrow(/without properties/);
    expect(() => encoder.objectHeader({ object: 5n, status: 'end-of-group' }, 1)).toThrow(/payload/);
    expect(encoder.objectHeader({ object: 6n }, 1)).toEqual(bytesOf('01 01'));
  });

  it('keeps headers it has given out', () => {
    const encoder = new SubgroupEncoder(profile, { hasProperties: true });
    const headers = Array.from({ length: 5000 }, (_, i) =>
      encoder.objectHeader({ object: BigInt(i), properties: bytesOf('3c01') }, i % 50),
    );
    for (const [i, header] of headers.entries()) {
      expect(header.slice(0, 5)).toEqual(Uint8Array.of(0, 2, 0x3c, 1, i % 50));
    }
  });
});

describe('the header of a subgroup', () => {
  const header: SubgroupHeader = {
    trackAlias: 1n,
    group: 2n,
    subgroup: 0n,
    priority: null,
    hasProperties: false,
    endOfGroup: false,
    firstObject: true,
  };

  it.each([
    ['14', '10 01 02 80'],
    ['16', '30 01 02'],
    ['18', '70 01 02'],
  ])('says in draft %s what the draft has a bit for', (draft, hex) => {
    expect(encodeSubgroupHeader(profileOf(draft), header)).toEqual(bytesOf(hex));
  });

  it('refuses bits that a draft lacks', () => {
    expect(() => new SubgroupDecoder(profileOf('14'), LIMITS).push(bytesOf('30'))).toThrow(/not one/);
    expect(() => new SubgroupDecoder(profileOf('16'), LIMITS).push(bytesOf('4050'))).toThrow(/not one/);
    expect(() => new SubgroupDecoder(profileOf('18'), LIMITS).push(bytesOf('8090'))).toThrow(/not one/);
  });

  it('asks for the default priority of the track alias', () => {
    const decoder = new SubgroupDecoder(profileOf('16'), LIMITS, (alias) => Number(alias) + 10);
    const [fragment] = decoder.push(bytesOf('30 05 02 00 01 ff'));
    expect(fragment?.header.priority).toBe(15);
    expect(decoder.header?.priority).toBeNull();
  });
});

describe('properties of objects with a status', () => {
  const object = '11 01 00 80 00 02 3c 01 00';

  it('are allowed in draft 14 but on an object that does not exist', () => {
    expect(new SubgroupDecoder(profileOf('14'), LIMITS).push(bytesOf(`${object} 03`))).toHaveLength(1);
    expect(() => new SubgroupDecoder(profileOf('14'), LIMITS).push(bytesOf(`${object} 01`))).toThrow(/properties/);
  });

  it.each(['16', '18'])('are refused in draft %s', (draft) => {
    expect(() => new SubgroupDecoder(profileOf(draft), LIMITS).push(bytesOf(`${object} 03`))).toThrow(/properties/);
    const encoder = new SubgroupEncoder(profileOf(draft), { hasProperties: true });
    expect(() => encoder.objectHeader({ object: 0n, status: 'end-of-group', properties: bytesOf('3c01') }, 0)).toThrow(
      EncodeError,
    );
  });

  it('draft 16 and 18 have no status for objects that do not exist', () => {
    for (const draft of ['16', '18']) {
      const encoder = new SubgroupEncoder(profileOf(draft), { hasProperties: false });
      expect(() => encoder.objectHeader({ object: 0n, status: 'does-not-exist' }, 0)).toThrow(/no object status/);
    }
  });
});
