import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../../../src/core/util/bytes.js';
import { profileByDraft } from '../../../../../src/core/wire/drafts/index.js';
import type { DraftProfile } from '../../../../../src/core/wire/profile.js';
import { decodeView, encodeView, type ViewKind } from '../../../../../src/core/wire/view/index.js';
import { EncodeError, WireError } from '../../../../../src/core/wire/wire-error.js';

interface Vector {
  readonly line: number;
  readonly kind: ViewKind;
  readonly hex: string;
  readonly decoded?: { readonly [name: string]: unknown };
  readonly incomplete?: boolean;
}

type Outcome = 'decodes' | 'incomplete' | 'violation';

/** Lines where the draft's text says otherwise than the independent codec: what decides, and what must come of them. */
const DRAFT_DECIDES: Readonly<
  Record<string, readonly { readonly why: string; readonly outcome: Outcome; readonly lines: readonly number[] }[]>
> = {
  '14': [
    {
      why: '§10.2.1.2: extensions are key-value pairs, and these bytes end within one',
      outcome: 'violation',
      lines: [483],
    },
  ],
  '16': [
    {
      why: '§10.2.1.2: only objects with status Normal can have extensions',
      outcome: 'violation',
      lines: [421, 423, 482, 494, 495],
    },
    {
      why: '§10.4.4.2: an end of range is a group and an object ID, and no payload length',
      outcome: 'decodes',
      lines: [504, 507, 508, 511, 522, 523, 525, 542, 558, 564, 571, 583, 584],
    },
    {
      why: '§10.4.4.2 read the same way, and then §10.4.4.1: the object after it refers to a prior object',
      outcome: 'violation',
      lines: [513, 514, 516, 552, 553, 561, 582],
    },
  ],
  '18': [
    {
      why: '§11.2.1.1: only objects with status Normal can have properties',
      outcome: 'violation',
      lines: [376, 402, 451, 452, 493, 495, 496, 497],
    },
    { why: '§11.3.1: the status is a varint, and this one is cut', outcome: 'incomplete', lines: [447] },
    {
      why: '§11.3.1: a datagram with the PROPERTIES bit and a length of 0 is a violation',
      outcome: 'violation',
      lines: [467, 470, 481, 484],
    },
    {
      why: '§11.4.4.2: an end of range is a group and an object ID, and no payload length',
      outcome: 'decodes',
      lines: [513, 516, 539, 540, 556, 561, 576, 577, 578, 580, 587],
    },
    {
      why: '§11.4.4.2 read the same way, and then §11.4.4.1: the object after it refers to a prior object',
      outcome: 'violation',
      lines: [517, 564, 565, 589, 590],
    },
  ],
};

function vectors(draft: string): Vector[] {
  const path = new URL(`../../../../fixtures/vectors/draft${draft}.jsonl`, import.meta.url);
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text, i) => ({ line: i + 1, ...JSON.parse(text) }))
    .filter((vector) => vector.kind !== 'control');
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}

function profileOf(draft: string): DraftProfile {
  return profileByDraft(draft) as DraftProfile;
}

function outcomeOf(profile: DraftProfile, vector: Vector): Outcome {
  try {
    decodeView(profile, vector.kind, bytesOf(vector.hex));
    return 'decodes';
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return error.incomplete ? 'incomplete' : 'violation';
  }
}

/**
 * The independent codec leaves the payload of draft-14 datagrams out; §10.3.1 says that it is the rest of the datagram.
 */
function expectedView(draft: string, vector: Vector, payloadHex: unknown): unknown {
  if (draft !== '14' || vector.kind !== 'datagram' || vector.decoded?.object_status !== null) return vector.decoded;
  expect(vector.hex.endsWith(String(payloadHex))).toBe(true);
  return { ...vector.decoded, payload_hex: payloadHex };
}

describe.each(['14', '16', '18'])('the view of draft %s data', (draft) => {
  const profile = profileOf(draft);
  const all = vectors(draft);
  const exceptions = DRAFT_DECIDES[draft] ?? [];
  const excepted = new Set(exceptions.flatMap((exception) => exception.lines));
  const agreed = all.filter((vector) => !excepted.has(vector.line));

  it('has vectors of every kind and exceptions that exist', () => {
    expect(new Set(all.map((vector) => vector.kind)).size).toBeGreaterThanOrEqual(3);
    expect(all.filter((vector) => excepted.has(vector.line))).toHaveLength(excepted.size);
    expect(agreed.length).toBeGreaterThan(190);
  });

  it.each(agreed.filter((vector) => vector.decoded !== undefined))('reads line $line ($kind)', (vector) => {
    const { decoded } = decodeView(profile, vector.kind, bytesOf(vector.hex));
    // Compared as text: the order of fields is part of the shape.
    expect(JSON.stringify(decoded)).toBe(JSON.stringify(expectedView(draft, vector, decoded.payload_hex)));
  });

  it.each(agreed.filter((vector) => vector.decoded === undefined))('refuses line $line ($kind)', (vector) => {
    expect(outcomeOf(profile, vector)).toBe(vector.incomplete === true ? 'incomplete' : 'violation');
  });

  for (const { why, outcome, lines } of exceptions) {
    it.each(all.filter((vector) => lines.includes(vector.line)))(
      `line $line ($kind): ${outcome} by ${why}`,
      (vector) => {
        expect(outcomeOf(profile, vector)).toBe(outcome);
        if (outcome !== 'decodes') return;
        const { decoded, canonical } = decodeView(profile, vector.kind, bytesOf(vector.hex));
        expect(JSON.stringify(decoded)).toMatch(/"end_of_range":"(non_existent|unknown)"/);
        expect(decodeView(profile, vector.kind, canonical).decoded).toEqual(decoded);
      },
    );
  }

  it.each(all.filter((vector) => outcomeOf(profile, vector) === 'decodes'))(
    'writes line $line ($kind) so that it reads the same',
    (vector) => {
      const { decoded, canonical } = decodeView(profile, vector.kind, bytesOf(vector.hex));
      expect(decodeView(profile, vector.kind, canonical)).toEqual({ decoded, rest: 0, canonical });
      const written = encodeView(profile, vector.kind, JSON.parse(JSON.stringify(decoded)));
      expect(decodeView(profile, vector.kind, written).decoded).toEqual(decoded);
    },
  );
});

describe('encodeView', () => {
  const profile = profileOf('16');
  const object = { object_id: '0', properties_hex: '', object_status: null, payload_hex: 'ff' };
  const subgroup = {
    track_alias: '1',
    group_id: '2',
    subgroup_id: '0',
    publisher_priority: '128',
    objects: [object],
  };

  it('writes the bytes of the draft', () => {
    expect(toHex(encodeView(profile, 'subgroup', subgroup))).toBe('100102800001ff');
  });

  it.each([
    ['an unknown field', { ...subgroup, extra: 1 }, /unknown field/],
    [
      'a missing field',
      { objects: [], track_alias: '1', subgroup_id: '0', publisher_priority: '1' },
      /lacks the field group_id/,
    ],
    ['a number for an integer', { ...subgroup, group_id: 2 }, /group_id/],
    ['a negative integer', { ...subgroup, group_id: '-2' }, /group_id/],
    ['an integer above 62 bits', { ...subgroup, group_id: '18446744073709551615' }, /outside|above/],
    ['a priority above 255', { ...subgroup, publisher_priority: '256' }, /256/],
    ['odd hex', { ...subgroup, objects: [{ ...object, payload_hex: 'f' }] }, /payload_hex/],
    ['a status with payload', { ...subgroup, objects: [{ ...object, object_status: '3' }] }, /payload/],
    [
      'a status that the draft lacks',
      { ...subgroup, objects: [{ ...object, object_status: '1', payload_hex: '' }] },
      /object_status 1/,
    ],
    ['no status and no payload', { ...subgroup, objects: [{ ...object, payload_hex: '' }] }, /object_status/],
    ['a list for an object', [], /must be an object/],
    ['descending objects', { ...subgroup, objects: [object, object] }, /does not come after/],
  ] as const)('refuses %s', (_what, decoded, message) => {
    expect(() => encodeView(profile, 'subgroup', decoded)).toThrow(EncodeError);
    expect(() => encodeView(profile, 'subgroup', decoded)).toThrow(message);
  });

  it('refuses a null priority where the draft has no default priority', () => {
    expect(() => encodeView(profileOf('14'), 'subgroup', { ...subgroup, publisher_priority: null })).toThrow(
      EncodeError,
    );
  });
});
