import { describe, expect, it } from 'vitest';
import { codeFor, nameClose, nameCode } from '../../../../src/core/session/codes.js';
import type { CloseInfo } from '../../../../src/core/transport/transport.js';
import { PROFILES, profileByDraft } from '../../../../src/core/wire/drafts/index.js';
import type { CodeSpace, DraftProfile } from '../../../../src/core/wire/profile.js';

const draft14 = profileByDraft('14') as DraftProfile;
const draft16 = profileByDraft('16') as DraftProfile;
const draft18 = profileByDraft('18') as DraftProfile;

function close(over: Partial<CloseInfo>): CloseInfo {
  return { by: 'peer', isApplication: false, code: 0n, reason: '', ...over };
}

describe('codeFor', () => {
  it.each([
    [draft18, 'request-error', 'GOING_AWAY', { code: 0x6n, name: 'GOING_AWAY' }],
    [draft16, 'request-error', 'GOING_AWAY', { code: 0x0n, name: 'INTERNAL_ERROR' }],
    [draft16, 'request-error', 'UNSUPPORTED_EXTENSION', { code: 0x3n, name: 'NOT_SUPPORTED' }],
    [draft16, 'publish-done', 'EXCESSIVE_LOAD', { code: 0x6n, name: 'TOO_FAR_BEHIND' }],
    [draft18, 'publish-done', 'TOO_FAR_BEHIND', { code: 0x5n, name: 'TOO_FAR_BEHIND' }],
    [draft16, 'stream-reset', 'TOO_FAR_BEHIND', { code: 0x2n, name: 'DELIVERY_TIMEOUT' }],
    [draft18, 'session', 'TOO_MANY_REQUESTS', { code: 0x3n, name: 'PROTOCOL_VIOLATION' }],
  ] as const)('sends the nearest code of the draft (%#)', (profile, space, name, expected) => {
    expect(codeFor(profile, space, name)).toEqual(expected);
  });

  it('looks in the registry of the request where the draft has several', () => {
    expect(codeFor(draft14, 'request-error', 'DOES_NOT_EXIST', 'SUBSCRIBE')).toEqual({
      code: 0x4n,
      name: 'TRACK_DOES_NOT_EXIST',
    });
    expect(codeFor(draft14, 'request-error', 'DOES_NOT_EXIST', 'PUBLISH').name).toBe('UNINTERESTED');
    expect(codeFor(draft14, 'request-error', 'PREFIX_OVERLAP', 'SUBSCRIBE_NAMESPACE').name).toBe(
      'NAMESPACE_PREFIX_OVERLAP',
    );
  });

  it('always finds something', () => {
    const spaces: CodeSpace[] = ['session', 'request-error', 'publish-done', 'stream-reset'];
    for (const profile of PROFILES) {
      for (const space of spaces) expect(codeFor(profile, space, 'NO_SUCH_NAME').name).toBe('INTERNAL_ERROR');
    }
  });
});

describe('nameCode', () => {
  it('names a code by its draft, and an unknown one UNKNOWN', () => {
    expect(nameCode(draft16, 'publish-done', 5n).name).toBe('EXPIRED');
    expect(nameCode(draft18, 'publish-done', 5n).name).toBe('TOO_FAR_BEHIND');
    expect(nameCode(draft18, 'request-error', 0x9dn)).toEqual({ code: 0x9dn, name: 'UNKNOWN' });
  });
});

describe('nameClose', () => {
  it.each([
    [close({ isApplication: true, code: 0x3n }), 'quic', 'PROTOCOL_VIOLATION'],
    [close({ isApplication: true, code: 0x7777n }), 'quic', 'UNKNOWN'],
    [close({ code: 0x2n }), 'quic', 'CONNECTION_REFUSED'],
    [close({ code: 0x178n, tlsAlert: 'no_application_protocol' }), 'quic', 'no_application_protocol'],
    [close({ code: 0x130n }), 'quic', 'unknown_ca'],
    [close({ code: 0x10cn }), 'webtransport', 'H3_REQUEST_CANCELLED'],
    [close({ by: 'idle' }), 'quic', 'IDLE_TIMEOUT'],
    [close({ by: 'error' }), 'quic', 'TRANSPORT_ERROR'],
  ] as const)('names every kind of end (%#)', (info, kind, name) => {
    expect(nameClose(info, draft18, kind)).toEqual({ ...info, name });
  });

  it('knows no application codes before a draft was agreed on', () => {
    expect(nameClose(close({ isApplication: true, code: 1n }), null, 'quic').name).toBe('UNKNOWN');
  });
});

describe('nameClose on raw QUIC', () => {
  const WRAPPED_0 = 0x52e4a40fa8dbn;

  it('unwraps the codes of relays that wrap them as WebTransport does', () => {
    const wrapped = (n: bigint) => nameClose(close({ isApplication: true, code: WRAPPED_0 + n }), draft18, 'quic');
    expect(wrapped(0n)).toMatchObject({ name: 'NO_ERROR', code: 0n });
    expect(wrapped(2n)).toMatchObject({ name: 'UNAUTHORIZED', code: 2n });
  });

  it('leaves alone what is no wrapped code', () => {
    expect(nameClose(close({ isApplication: true, code: 0x3fffn }), draft18, 'quic')).toMatchObject({
      name: 'UNKNOWN',
      code: 0x3fffn,
    });
    expect(nameClose(close({ code: WRAPPED_0 }), draft18, 'quic')).toMatchObject({ code: WRAPPED_0 });
  });
});
