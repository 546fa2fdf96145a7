import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../../src/core/util/bytes.js';
import {
  decodeDatagram,
  encodeDatagram,
  encodePaddingDatagram,
  type OutgoingDatagramFields,
} from '../../../../src/core/wire/datagram.js';
import { EncodeError, WireError } from '../../../../src/core/wire/wire-error.js';
import { anyInteger, anyObject, DRAFTS, profileOf } from '../../../support/data-arbitraries.js';

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(' ', '')) as Uint8Array;
}

const PLAIN: OutgoingDatagramFields = { trackAlias: 1n, group: 2n, object: 3n, payload: bytesOf('ff') };

describe.each(DRAFTS)('a datagram of draft %s', (draft) => {
  const profile = profileOf(draft);
  const id = anyInteger(profile.data.varints.max);

  it('reads back what was written', () => {
    fc.assert(
      fc.property(
        id,
        id,
        id,
        anyObject(profile, true),
        fc.boolean(),
        fc.option(fc.nat(255)),
        (trackAlias, group, object, content, last, priority) => {
          const endOfGroup = last && content.status === 'normal';
          const bytes = encodeDatagram(profile, { trackAlias, group, object, priority, endOfGroup, ...content });
          const decoded = decodeDatagram(profile, bytes, 99);
          const inherits = priority === null && profile.features.defaultPriorityBit;
          const { status, properties, payload } = content;
          expect(decoded).toEqual({
            kind: 'object',
            trackAlias,
            inheritsPriority: inherits,
            hasStatus: status !== 'normal',
            object: {
              header: {
                group,
                subgroup: null,
                object,
                priority: inherits ? 99 : (priority ?? 128),
                status,
                properties,
                payloadLength: payload.length,
              },
              endOfGroup,
              payload,
            },
          });
        },
      ),
    );
  });

  it('reads any bytes without another error than WireError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decodeDatagram(profile, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });

  it('is incomplete wherever its header is cut, and never elsewhere', () => {
    const bytes = encodeDatagram(profile, { ...PLAIN, properties: bytesOf('3c01') });
    for (let length = 0; length < bytes.length - 1; length++) {
      expect(() => decodeDatagram(profile, bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ incomplete: true }),
      );
    }
    expect(decodeDatagram(profile, bytes.subarray(0, bytes.length - 1))).toMatchObject({ kind: 'object' });
  });

  it.each([0x22, 0x23, 0x26, 0x27, 0x2a, 0x2b, 0x2e, 0x2f])('refuses status with end of group (type %i)', (type) => {
    expect(() => decodeDatagram(profile, Uint8Array.of(type, 1, 2, 3, 0, 3))).toThrow(/not one/);
  });

  it.each([0x10, 0x1f, 0x30, 0x3f])('refuses type %i, which is no datagram', (type) => {
    expect(() => decodeDatagram(profile, Uint8Array.of(type, 1, 2, 3, 0))).toThrow(/not one/);
  });

  it('refuses the properties bit with a length of 0', () => {
    expect(() => decodeDatagram(profile, bytesOf('01 01 02 03 80 00 ff'))).toThrow(/length is 0/);
  });

  it('refuses properties that are no key-value pairs, and says that no more bytes would help', () => {
    expect(() => decodeDatagram(profile, bytesOf('01 01 02 03 80 02 3d05 ff'))).toThrow(
      expect.objectContaining({ incomplete: false }),
    );
  });

  it('refuses a status that the draft does not define, and bytes after a status', () => {
    expect(() => decodeDatagram(profile, bytesOf('20 01 02 03 80 02'))).toThrow(/status/);
    expect(() => decodeDatagram(profile, bytesOf('20 01 02 03 80 03 ff'))).toThrow(/after the status/);
  });

  it('gives a view as payload, not a copy', () => {
    const bytes = encodeDatagram(profile, PLAIN);
    const decoded = decodeDatagram(profile, bytes);
    expect(decoded.kind === 'object' && decoded.object.payload.buffer).toBe(bytes.buffer);
  });

  it('refuses to write what no datagram can say', () => {
    expect(() => encodeDatagram(profile, { ...PLAIN, status: 'end-of-group' })).toThrow(EncodeError);
    expect(() =>
      encodeDatagram(profile, { ...PLAIN, payload: new Uint8Array(0), status: 'end-of-track', endOfGroup: true }),
    ).toThrow(/end of the group/);
    expect(() => encodeDatagram(profile, { ...PLAIN, group: profile.data.varints.max + 1n })).toThrow(EncodeError);
    expect(() => encodeDatagram(profile, { ...PLAIN, priority: 256 })).toThrow(EncodeError);
  });
});

describe('types of datagrams that drafts assign', () => {
  it.each([0x08, 0x0f, 0x24, 0x25, 0x28, 0x2d])('type %i is of draft 16 and 18, not of 14', (type) => {
    const bytes = Uint8Array.of(type, 1, 2, 3, 2, 0x3c, 1, 2, 0x3c, 1, 0);
    expect(() => decodeDatagram(profileOf('14'), bytes)).toThrow(/not one/);
    for (const draft of ['16', '18']) {
      try {
        decodeDatagram(profileOf(draft), bytes);
      } catch (error) {
        expect((error as Error).message).not.toMatch(/not one/);
      }
    }
  });

  it('refuses properties of an object with a status but Normal from 16 on', () => {
    const bytes = bytesOf('21 01 02 03 80 02 3c01 03');
    expect(decodeDatagram(profileOf('14'), bytes)).toMatchObject({ object: { header: { status: 'end-of-group' } } });
    for (const draft of ['16', '18']) expect(() => decodeDatagram(profileOf(draft), bytes)).toThrow(/properties/);
  });

  it('knows padding in draft 18 only', () => {
    const padding = encodePaddingDatagram(profileOf('18'), 5);
    expect(decodeDatagram(profileOf('18'), padding)).toEqual({ kind: 'padding' });
    expect(() => encodePaddingDatagram(profileOf('16'), 5)).toThrow(EncodeError);
    expect(() => decodeDatagram(profileOf('16'), bytesOf('932b3e29'))).toThrow(/not one/);
  });

  it('asks for the default priority of the track alias', () => {
    const bytes = encodeDatagram(profileOf('16'), { ...PLAIN, priority: null });
    expect(decodeDatagram(profileOf('16'), bytes, (alias) => Number(alias) + 10)).toMatchObject({
      object: { header: { priority: 11 } },
    });
  });
});
