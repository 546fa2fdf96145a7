import { describe, expect, it } from 'vitest';
import { exactNumber } from '../../../../../src/core/probe/exact-number.js';
import { matrixExitCode, probeMatrix } from '../../../../../src/core/probe/matrix/matrix.js';
import { failureQuirks, withoutRepeats } from '../../../../../src/core/probe/quirks/quirks.js';
import { serveRelay } from '../../../../../src/core/relay/serve-relay.js';
import type { SessionObserver } from '../../../../../src/core/session/observer.js';
import { RequestRejected } from '../../../../../src/core/session/session-errors.js';
import { SessionClosed } from '../../../../../src/core/transport/transport-errors.js';
import { matrix } from '../../../../support/probe-reports.js';

describe('a matrix', () => {
  it('holds limits against every combination, and tells of our relay what is true', async () => {
    const relay = await serveRelay({ port: 0 });
    try {
      const url = relay.urls.find((one) => one.startsWith('moqt:')) as string;
      const connect = { trust: { pins: [relay.certificate.sha256] }, drafts: ['18'] };
      const found = await probeMatrix(url, {
        connect,
        transports: ['quic', 'webtransport'],
        thresholds: { connect: { warning: 0 }, 'cert-expiry': { critical: 365 * 86_400 } },
      });
      expect(found.cells).toMatchObject([
        { ok: false, cause: 'threshold.cert-expiry', warnings: ['threshold.connect'] },
        { ok: false, cause: 'threshold.cert-expiry', warnings: ['threshold.connect'] },
      ]);
      expect(matrixExitCode(found)).toBe(1);
      expect(found.fingerprint).toMatchObject({
        seenOn: { draft: '18', transport: 'quic' },
        implementation: { guess: 'moqt' },
        quirks: [],
        behaviour: {
          answersFetch: true,
          servesFetch: true,
          answersTrackStatus: true,
          forwardsObjects: true,
          acceptsPublish: true,
          blindSubscribeAllowed: false,
          replaysAnnouncements: true,
        },
        earlyData: { resumed: true, accepted: false, why: 'the tickets of the server allow no 0-RTT' },
        migration: { allowed: true, survived: true, why: null },
        webtransportPath: { anyPathAccepted: true, namesScopedByPath: false },
      });
    } finally {
      await relay.close();
    }
  });

  it('without a fingerprint is a session a combination', async () => {
    let sessions = 0;
    const observe = () => {
      sessions++;
      return new Proxy({} as SessionObserver, { get: () => () => {} });
    };
    const relay = await serveRelay({ port: 0, observe });
    try {
      const url = relay.urls.find((one) => one.startsWith('moqt:')) as string;
      const connect = { trust: { pins: [relay.certificate.sha256] }, drafts: ['18'] };
      const found = await probeMatrix(url, { connect, transports: ['quic'], fingerprint: false });
      expect(found.cells).toMatchObject([{ ok: true }]);
      expect(found.fingerprint).toEqual({ reason: 'it was not asked for' });
      expect(sessions).toBe(1);
    } finally {
      await relay.close();
    }
  });

  it.each([
    ['close:0@fetch', { fetch: { answer: 'closed', code: '0x0' }, answersFetch: false }, 'closes-on-unknown-request'],
    ['never-answer:track-status', { trackStatus: { answer: 'none' }, answersTrackStatus: false }, 'unanswered-request'],
    ['stall', { blindSubscribe: { answer: 'accepted' }, blindSubscribeAllowed: true }, 'accepts-unknown-track'],
  ])('sees %s', async (fault, behaviour, quirk) => {
    const relay = await serveRelay({ port: 0, faults: [fault] });
    try {
      const url = relay.urls.find((one) => one.startsWith('moqt:')) as string;
      const connect = { trust: { pins: [relay.certificate.sha256] }, drafts: ['18'] };
      const { fingerprint } = await probeMatrix(url, { connect, transports: ['quic'] });
      expect(fingerprint).toMatchObject({ behaviour, quirks: [{ cause: `relay.quirk.${quirk}` }] });
    } finally {
      await relay.close();
    }
  });

  it('is a success when anything works', () => {
    expect(matrixExitCode(matrix)).toBe(0);
  });
});

describe('numbers of the peer', () => {
  it.each([
    [0, 0],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [2 ** 62, '2^62-1'],
    [2 ** 60, 'about 1.153e+18'],
  ])('%s is told as %s', (value, told) => {
    expect(exactNumber(value)).toBe(told);
  });
});

describe('a quirk', () => {
  const closed = (info: object) =>
    new SessionClosed({ by: 'peer', isApplication: true, code: 0n, reason: '', ...info });
  it.each([
    ['closes-on-unknown-request', closed({})],
    ['text-in-session', closed({ by: 'local', isApplication: false, code: 0x10en, strayText: '404 page not found' })],
    ['invalid-answer', closed({ by: 'local', code: 3n, reason: 'too long' })],
    [
      'random-reason',
      new RequestRejected(
        {
          request: 'FETCH',
          code: 16n,
          name: 'DOES_NOT_EXIST',
          reason: 'none [error:3aa4c85c-b1d9-4ebd-a14a-cb44d6d1bd81]',
          retryAfterMs: null,
        },
        { stage: 'fetch' },
      ),
    ],
  ])('%s is seen in how a request ends', (quirk, error) => {
    expect(failureQuirks(error, 'FETCH').map(({ cause }) => cause)).toEqual([`relay.quirk.${quirk}`]);
  });

  it.each([
    ['a reason', closed({ reason: 'bye' })],
    ['a code', closed({ code: 1n })],
    ['silence', closed({ by: 'idle' })],
  ])('is not seen in an end with %s', (_what, error) => {
    expect(failureQuirks(error, 'FETCH')).toEqual([]);
  });

  it('is told once', () => {
    const one = failureQuirks(closed({}), 'FETCH');
    expect(withoutRepeats([...one, ...one])).toHaveLength(1);
  });
});
