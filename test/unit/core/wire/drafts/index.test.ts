import { describe, expect, it } from 'vitest';
import {
  PROFILES,
  profileByAlpn,
  profileByDraft,
  profileByVersionCode,
} from '../../../../../src/core/wire/drafts/index.js';

function profile(draft: string) {
  const found = profileByDraft(draft);
  if (found === undefined) throw new Error(`no profile for draft ${draft}`);
  return found;
}

describe('draft profiles', () => {
  it('are offered newest first and found by number, protocol and version code', () => {
    expect(PROFILES.map((p) => p.draft)).toEqual(['18', '16', '14']);
    expect(profileByAlpn('moq-00')).toBe(profile('14'));
    expect(profileByAlpn('moqt-16')).toBe(profile('16'));
    expect(profileByVersionCode(0xff00000en)).toBe(profile('14'));
    expect(profileByAlpn('moq-lite-03')).toBeUndefined();
    expect(profileByDraft('13')).toBeUndefined();
    expect(profileByVersionCode(0xff00000dn)).toBeUndefined();
  });

  it('name the same code differently per draft', () => {
    expect(profile('14').codes('publish-done').name(5n)).toBe('EXPIRED');
    expect(profile('18').codes('publish-done').name(5n)).toBe('TOO_FAR_BEHIND');
    expect(profile('14').codes('publish-done').name(7n)).toBe('MALFORMED_TRACK');
    expect(profile('16').codes('publish-done').code('MALFORMED_TRACK')).toBe(0x12n);
    expect(profile('16').codes('publish-done').name(7n)).toBeUndefined();
    expect(profile('16').codes('stream-reset').name(4n)).toBe('UNKNOWN_OBJECT_STATUS');
    expect(profile('18').codes('stream-reset').name(4n)).toBe('GOING_AWAY');
    expect(profile('16').codes('session').name(7n)).toBe('TOO_MANY_REQUESTS');
    expect(profile('18').codes('session').name(7n)).toBeUndefined();
  });

  it('have one registry of request errors per message in 14', () => {
    const codes = (request: 'SUBSCRIBE' | 'PUBLISH' | 'SUBSCRIBE_NAMESPACE' | 'FETCH') =>
      profile('14').codes('request-error', request);
    expect(codes('SUBSCRIBE').name(4n)).toBe('TRACK_DOES_NOT_EXIST');
    expect(codes('PUBLISH').name(4n)).toBe('UNINTERESTED');
    expect(codes('SUBSCRIBE_NAMESPACE').name(5n)).toBe('NAMESPACE_PREFIX_OVERLAP');
    expect(codes('PUBLISH').name(0x10n)).toBeUndefined();
    expect(codes('FETCH').code('MALFORMED_TRACK')).toBe(9n);
    expect(profile('14').codes('request-error').name(3n)).toBe('NOT_SUPPORTED');
    expect(profile('14').codes('request-error').name(4n)).toBeUndefined();
  });

  it('carry the meaning of a code from one draft to another by its neutral name', () => {
    const from = profile('14').codes('request-error', 'SUBSCRIBE');
    expect(from.neutralName(4n)).toBe('DOES_NOT_EXIST');
    expect(profile('18').codes('request-error').code('DOES_NOT_EXIST')).toBe(0x10n);
    expect(from.code('DOES_NOT_EXIST')).toBe(4n);
    expect(from.neutralName(99n)).toBeUndefined();
    expect(() => from.code('UNINTERESTED')).toThrow(RangeError);
  });

  it('know the type number of every message they have', () => {
    expect(profile('14').messageType('REQUEST_ERROR', 'FETCH')).toBe(0x19n);
    expect(profile('14').messageType('REQUEST_OK', 'SUBSCRIBE')).toBeUndefined();
    expect(profile('16').messageType('REQUEST_ERROR', 'FETCH')).toBe(0x05n);
    expect(profile('18').messageType('SUBSCRIBE_NAMESPACE')).toBe(0x50n);
    expect(profile('18').messageType('UNSUBSCRIBE')).toBeUndefined();
    expect(profile('18').messageType('SETUP')).toBe(0x2f00n);
  });
});
