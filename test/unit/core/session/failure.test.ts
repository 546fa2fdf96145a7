import { describe, expect, it } from 'vitest';
import { codeText } from '../../../../src/core/errors/codes/texts.js';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import { asMoqtError, sessionEndedError } from '../../../../src/core/session/failure.js';
import type { SessionCloseInfo } from '../../../../src/core/session/session.js';
import { StreamReset } from '../../../../src/core/transport/transport-errors.js';
import { EncodeError, WireError } from '../../../../src/core/wire/wire-error.js';

const close = (more: Partial<SessionCloseInfo>): SessionCloseInfo => ({
  by: 'peer',
  isApplication: true,
  code: 0n,
  reason: '',
  name: 'NO_ERROR',
  ...more,
});

describe('the end of a session, as an error', () => {
  it.each([
    [close({ name: 'PROTOCOL_VIOLATION', code: 3n, reason: 'bad varint' }), 'MOQT_E_PROTOCOL', 7],
    [close({ name: 'UNAUTHORIZED', code: 2n }), 'MOQT_E_UNAUTHORIZED', 5],
    [close({ by: 'idle', isApplication: false, name: 'IDLE' }), 'MOQT_E_TIMEOUT', 6],
    [close({}), 'MOQT_E_CLOSED', 7],
    [close({ goAway: { newSessionUri: '' } }), 'MOQT_E_CLOSED', 8],
    [close({ name: 'GOAWAY_TIMEOUT', code: 0x10n }), 'MOQT_E_CLOSED', 8],
    [close({ name: 'EXPIRED_AUTH_TOKEN', code: 0x18n }), 'MOQT_E_UNAUTHORIZED', 5],
    [close({ by: 'error', isApplication: false, name: 'TRANSPORT_ERROR' }), 'MOQT_E_CLOSED', 7],
  ] as const)('before the first object: %o is %s', (info, code, exitCode) => {
    expect(sessionEndedError(info, { stage: 'data', afterData: false, peer: 'h:1' })).toMatchObject({
      code,
      exitCode,
      peer: 'h:1',
    });
  });

  it('is always incomplete after the first object, and says why', () => {
    const info = close({ name: 'PROTOCOL_VIOLATION', code: 3n, reason: 'bad varint' });
    expect(sessionEndedError(info, { stage: 'data', afterData: true })).toMatchObject({
      code: 'MOQT_E_INCOMPLETE',
      exitCode: 9,
      message: 'the peer closed the session: PROTOCOL_VIOLATION (0x3): bad varint',
      reason: 'data.closed',
      wire: { space: 'session', code: 3n },
    });
  });
});

describe('a session that ends instead of an answer', () => {
  it('is request.closed, and the hint speaks of that request', () => {
    const error = sessionEndedError(close({}), { stage: 'announce', afterData: false, request: 'PUBLISH_NAMESPACE' });
    expect(error).toMatchObject({ reason: 'request.closed', exitCode: 7, hint: expect.stringContaining('mediamtx') });
    expect(error.message).toContain('instead of answering PUBLISH_NAMESPACE');
  });

  it('with a known code says what explain says of it, with another one where to look', () => {
    const context = { stage: 'subscribe', afterData: false, request: 'SUBSCRIBE' } as const;
    const known = sessionEndedError(close({ name: 'KEY_VALUE_FORMATTING_ERROR', code: 6n }), context);
    expect(known.message).toContain('KEY_VALUE_FORMATTING_ERROR (0x6)');
    expect(known.hint).toContain(codeText('session', 'KEY_VALUE_FORMATTING_ERROR')?.try[0]);
    const unknown = sessionEndedError(close({ name: 'UNKNOWN', code: 0x7777n }), context);
    expect(unknown.hint).toContain('moqt explain --space session 30583');
  });

  it('is the GOAWAY that came before, with a URI that is fit for a terminal and shows no token', () => {
    const goAway = { newSessionUri: 'moqt://other.example/?jwt=abcdefghijklmnop\u001b[2J' };
    const error = sessionEndedError(close({ goAway }), { stage: 'subscribe', afterData: false, request: 'SUBSCRIBE' });
    expect(error).toMatchObject({ reason: 'session.goaway', exitCode: 8 });
    expect(error.hint).toContain('moqt://other.example/');
    expect(error.hint).not.toContain('abcdefghijklmnop');
    expect(error.hint).not.toContain('\u001b');
  });
});

describe('any error, as the one that leaves the core', () => {
  const named = (name: string): Error => Object.assign(new Error('x'), { name });

  it.each([
    [new EncodeError('x'), 'MOQT_E_ENCODE'],
    [new WireError('x'), 'MOQT_E_PROTOCOL'],
    [new StreamReset(1n), 'MOQT_E_INCOMPLETE'],
    [named('AbortError'), 'MOQT_E_INTERRUPTED'],
    [new TypeError('x'), 'MOQT_E_BUG'],
    ['x', 'MOQT_E_BUG'],
  ])('%s is %s', (error, code) => {
    const made = asMoqtError(error, 'publish');
    expect(made).toMatchObject({ code, stage: 'publish', cause: error });
  });

  it('is left alone when it is one already', () => {
    const error = new MoqtError('MOQT_E_URL', 'x', { stage: 'config' });
    expect(asMoqtError(error, 'publish')).toBe(error);
  });
});
