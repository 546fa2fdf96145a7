import { describe, expect, it } from 'vitest';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import {
  adaptFragments,
  doneStatus,
  factsOf,
  needsAdapting,
  offerFor,
  passOnDone,
  passOnFailure,
  resetCode,
} from '../../../../src/core/relay/bridge.js';
import { RequestRejected } from '../../../../src/core/session/session-errors.js';
import { profileByDraft } from '../../../../src/core/wire/drafts/index.js';
import type { ObjectFragment, ObjectStatus } from '../../../../src/core/wire/messages/object.js';
import type { DraftProfile } from '../../../../src/core/wire/profile.js';
import { PROPERTY } from '../../../../src/core/wire/properties.js';
import { EncodeError } from '../../../../src/core/wire/wire-error.js';
import { DRAFTS } from '../../../support/relay-world.js';

const [d14, d16, d18] = DRAFTS.map(profileByDraft) as [DraftProfile, DraftProfile, DraftProfile];

describe('codes', () => {
  it('cross by name: 5 and 6 of PUBLISH_DONE changed places', () => {
    expect(passOnDone(d14, { code: 5n, name: '' })).toBe('EXPIRED');
    expect(passOnDone(d18, { code: 5n, name: '' })).toBe('TOO_FAR_BEHIND');
    expect(passOnDone(d18, { code: 999n, name: '' })).toBe('INTERNAL_ERROR');
  });

  it('become what the draft can say', () => {
    expect(doneStatus(d14, 'TRACK_ENDED')).toBe('TRACK_ENDED');
    expect(doneStatus(d14, 'EXCESSIVE_LOAD')).toBe('INTERNAL_ERROR');
    expect(resetCode(d18, 'TOO_FAR_BEHIND')).toBe('TOO_FAR_BEHIND');
    expect(resetCode(d16, 'TOO_FAR_BEHIND')).toBe('DELIVERY_TIMEOUT');
    expect(resetCode(d14, 'MALFORMED_TRACK')).toBe('INTERNAL_ERROR');
    expect(resetCode(d14, 'GOING_AWAY')).toBe('CANCELLED');
  });
});

describe('passOnFailure', () => {
  const rejected = (request: 'SUBSCRIBE' | 'FETCH', code: bigint, reason = '', retryAfterMs: number | null = null) =>
    new RequestRejected({ request, code, name: '', reason, retryAfterMs }, { stage: 'subscribe' });

  it.each([
    ['a code of 14 by its later name', d14, rejected('SUBSCRIBE', 4n), 'DOES_NOT_EXIST'],
    ['a code of 14 that depends on the request', d14, rejected('FETCH', 6n), 'NO_OBJECTS'],
    ['an unknown code', d18, rejected('SUBSCRIBE', 0x999n), 'INTERNAL_ERROR'],
    ['a redirect', d18, rejected('SUBSCRIBE', 0x34n), 'REDIRECT'],
    ['our being a duplicate', d18, rejected('SUBSCRIBE', 0x19n), 'INTERNAL_ERROR'],
    ['a deadline', d18, new MoqtError('MOQT_E_TIMEOUT', 'late', { stage: 'subscribe' }), 'TIMEOUT'],
    [
      'a mandatory property',
      d18,
      new MoqtError('MOQT_E_UNSUPPORTED', 'x', { stage: 'subscribe' }),
      'UNSUPPORTED_EXTENSION',
    ],
    ['what cannot be encoded', d18, new EncodeError('too long'), 'INTERNAL_ERROR'],
    ['anything else', d18, new Error('gone'), 'DOES_NOT_EXIST'],
  ] as const)('passes on %s', (_, from, error, name) => {
    expect(passOnFailure(from, error).name).toBe(name);
  });

  it('keeps the reason and the time to wait', () => {
    expect(passOnFailure(d18, rejected('SUBSCRIBE', 9n, 'busy', 250))).toEqual({
      name: 'EXCESSIVE_LOAD',
      reason: 'busy',
      retryAfterMs: 250,
    });
  });
});

describe('facts of a track', () => {
  const facts = [
    { type: PROPERTY.objectDeliveryTimeout, value: 100n },
    { type: PROPERTY.maxCacheDuration, value: 200n },
    { type: PROPERTY.defaultPublisherGroupOrder, value: 2n },
  ];

  it('are the same said as properties, and said as parameters', () => {
    const parameters = { objectDeliveryTimeout: 100n, maxCacheDuration: 200n, groupOrder: 'descending' } as const;
    expect(factsOf(d14, parameters, [])).toEqual(facts);
    expect(factsOf(d18, {}, facts)).toBe(facts);
    expect(offerFor(d14, facts, null)).toEqual({ parameters });
    expect(offerFor(d16, facts, { group: 1n, object: 2n })).toEqual({
      parameters: { largestObject: { group: 1n, object: 2n } },
      trackProperties: facts,
    });
  });
});

describe('pieces of objects', () => {
  const piece = (object: bigint, status: ObjectStatus): ObjectFragment => ({
    header: { group: 0n, subgroup: 0n, object, priority: 0, status, properties: new Uint8Array(), payloadLength: 0 },
    offset: 0,
    bytes: new Uint8Array(),
    complete: true,
  });

  it('need adapting for a status or for properties, else go as they are', () => {
    expect(needsAdapting(d14, d14, true)).toBe(false);
    expect(needsAdapting(d14, d18, false)).toBe(true);
    expect(needsAdapting(d18, d14, false)).toBe(false);
    expect(needsAdapting(d16, d18, false)).toBe(false);
    expect(needsAdapting(d16, d18, true)).toBe(true);
  });

  it('lose those whose status the other draft lacks, which is told', () => {
    let leftOut = 0;
    const pieces = [piece(0n, 'normal'), piece(1n, 'does-not-exist'), piece(2n, 'end-of-group')];
    const adapted = adaptFragments(d14, d18, pieces, () => leftOut++);
    expect(adapted).toEqual([pieces[0], pieces[2]]);
    expect(adapted[0]).toBe(pieces[0]);
    expect(leftOut).toBe(1);
  });
});
