import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/core/util/bytes.js';
import { decodeDatagram } from '../../src/core/wire/datagram.js';
import type { KeyValuePair } from '../../src/core/wire/messages/parameters.js';
import { decodeProperties, PROPERTY } from '../../src/core/wire/properties.js';
import { decodeView, type ViewKind } from '../../src/core/wire/view/index.js';
import { WireError } from '../../src/core/wire/wire-error.js';
import { profileOf } from '../support/data-arbitraries.js';
import { thirdPartyVectors } from '../support/third-party-vectors.js';

type Fields = { readonly [name: string]: unknown };

/** Cases where the draft's text says otherwise, with what it says and what must come of them. */
const DRAFT_DECIDES: Readonly<Record<string, { readonly why: string; readonly expected: RegExp | Fields }>> = {
  'draft14/type-0x21': {
    why: '§10.2.1.2: an object that does not exist cannot have extensions',
    expected: /does-not-exist has properties/,
  },
  'draft16/fetch-end-of-unknown-range': {
    why: '§10.4.4.2: an end of range has no payload length, so the 0 is the flags of an object that refers to a prior one',
    expected: /prior object/,
  },
  'draft16/fetch-datagram-forwarding': {
    why: '§10.4.4.1: the first object cannot have the priority of one before it',
    expected: /priority of a prior object/,
  },
  'draft16/subgroup-extensions-two-objects-nonempty': {
    why: '§10.4.2: the object ID is the previous one plus the delta plus 1',
    expected: { objects: [{ object_id: '0' }, { object_id: '2' }] },
  },
};

const KINDS: readonly (readonly [string, ViewKind])[] = [
  ['subgroup', 'subgroup'],
  ['datagram', 'datagram'],
  ['fetch-header', 'fetch-asc'],
];

const NAMED: Readonly<Record<string, bigint>> = {
  delivery_timeout: PROPERTY.objectDeliveryTimeout,
  prior_group_id_gap: PROPERTY.priorGroupIdGap,
};

/** The vectors name the fields that are there; the view says null or the default for those that are not. */
function expectedFields(vector: Fields): Fields {
  const result: Record<string, unknown> = {};
  for (const name of ['track_alias', 'group_id', 'object_id', 'publisher_priority', 'request_id', 'payload_hex']) {
    if (vector[name] !== undefined) result[name] = vector[name];
  }
  const status = vector.object_status ?? vector.status;
  if (status !== undefined) result.object_status = status;
  if (Array.isArray(vector.objects)) result.objects = vector.objects.map(expectedFields);
  return result;
}

function expectedPairs(headers: unknown): KeyValuePair[] {
  if (headers === undefined) return [];
  const entries = Array.isArray(headers)
    ? headers.map(({ type, value }) => [BigInt(type), BigInt(value)] as const)
    : Object.entries(headers as Fields).map(
        ([name, value]) => [NAMED[name] as bigint, BigInt(value as string)] as const,
      );
  return entries.map(([type, value]) => ({ type, value }));
}

describe.each(['14', '16'])('third-party vectors of draft %s', (draft) => {
  const profile = profileOf(draft);
  for (const [file, kind] of KINDS) {
    const vectors = thirdPartyVectors(`draft${draft}/codec/data-streams/${file}.json`);
    if (vectors === null) {
      it.skip(`${file}: MOQT_VECTORS is not there`, () => {});
      continue;
    }
    describe(file, () => {
      it.each(vectors)('$id', ({ id, hex, decoded, error }) => {
        const bytes = fromHex(hex) as Uint8Array;
        const ruling = DRAFT_DECIDES[`draft${draft}/${id}`];
        if (ruling?.expected instanceof RegExp) {
          expect(() => decodeView(profile, kind, bytes)).toThrow(ruling.expected);
          return;
        }
        if (decoded === undefined) {
          expect(error).toBe('incomplete');
          expect(() => decodeView(profile, kind, bytes)).toThrow(WireError);
          expect(() => decodeView(profile, kind, bytes)).toThrow(expect.objectContaining({ incomplete: true }));
          return;
        }
        const view = decodeView(profile, kind, bytes).decoded as Fields;
        expect(view).toMatchObject(ruling?.expected ?? expectedFields(decoded));
        if (kind === 'datagram') {
          const datagram = decodeDatagram(profile, bytes);
          const raw = datagram.kind === 'object' ? datagram.object.header.properties : new Uint8Array(0);
          expect(decodeProperties(profile, raw)).toEqual(expectedPairs(decoded.extension_headers));
          return;
        }
        const objects = decoded.objects as readonly Fields[];
        for (const [i, object] of (view.objects as readonly Fields[]).entries()) {
          const raw = fromHex(object.properties_hex as string) as Uint8Array;
          const { extension_headers: headers, extension_headers_hex: headersHex } = objects[i] as Fields;
          if (headersHex === undefined) expect(decodeProperties(profile, raw)).toEqual(expectedPairs(headers));
          else expect(object.properties_hex).toBe(headersHex);
        }
      });
    });
  }
});
