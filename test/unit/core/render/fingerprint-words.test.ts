import { describe, expect, it } from 'vitest';
import { type FingerprintWords, fingerprintWords } from '../../../../src/core/render/fingerprint-words.js';
import { matrixText } from '../../../../src/core/render/matrix-text.js';
import { matrix } from '../../../support/probe-reports.js';

const words = fingerprintWords(matrix);
const valueFor = (facts: FingerprintWords['behaviour'], label: string): string | undefined =>
  facts.find((one) => one.label.includes(label))?.value;

describe('a fingerprint in words', () => {
  it('says what the relay is, and by what it is known', () => {
    expect(valueFor(words.identity, 'implementation')).toContain('mediamtx: ends the session with code 0');
    expect(valueFor(words.identity, 'seen on')).toBe('draft 18 over raw QUIC');
  });

  it('says yes, no, or why it is not known', () => {
    expect(valueFor(words.behaviour, 'accepts PUBLISH')).toBe('yes');
    expect(valueFor(words.behaviour, 'answers FETCH')).toBe('no');
    expect(valueFor(words.behaviour, 'before there is a publisher')).toBe('holds it');
    expect(valueFor(words.behaviour, '0-RTT')).toBe('no: the tickets of the server allow no 0-RTT');
    expect(valueFor(words.behaviour, 'moved to another port')).toBe(
      'unknown: the server forbids it (disable_active_migration)',
    );
    expect(valueFor(words.behaviour, 'latecomers')).toBeUndefined();
  });

  it('tells an answer from the end of the session, an answer against the rules, and silence', () => {
    const of = (request: string) => words.answers.find((one) => one.request === request);
    expect(of('PUBLISH_NAMESPACE')?.unknown).toMatchObject({
      state: 'no',
      value: expect.stringContaining('ended the session'),
    });
    expect(of('SUBSCRIBE_NAMESPACE')?.unknown).toMatchObject({
      state: 'no',
      value: expect.stringContaining('too long'),
    });
    expect(of('SUBSCRIBE')).toMatchObject({ unknown: { state: 'no' }, published: { state: 'yes' } });
    expect(of('FETCH')?.unknown).toMatchObject({ state: 'plain', value: expect.stringContaining('nobody has it') });
    expect(of('TRACK_STATUS')?.unknown).toMatchObject({ state: 'unknown', value: 'not tried: no session' });
  });

  it('names the settings of HTTP/3, and leaves those that it does not know as they are', () => {
    expect(words.settings.map(({ label }) => label)).toContain('extended CONNECT (0x8)');
    expect(words.settings.map(({ label }) => label)).toContain('0x999');
    expect(valueFor(words.limits, 'MAX_REQUEST_ID on draft 16')).toBe('100');
  });

  it('takes a document of any shape', () => {
    const odd = {
      implementation: [1],
      quirks: 'x',
      behaviour: { fetch: 3, publishedTrack: [] },
      limits: null,
      setup: 1,
    };
    expect(() => fingerprintWords({ ...matrix, fingerprint: odd })).not.toThrow();
    expect(fingerprintWords({ ...matrix, fingerprint: { reason: 'nothing works' } }).reason).toBe('nothing works');
  });

  it('is below the table as text, without a raw key', () => {
    const text = matrixText(matrix, (_, one) => one);
    expect(text).toContain('relay.quirk.closes-on-unknown-request');
    expect(text).toContain('HTTP server');
    for (const key of ['answersFetch', 'replaysAnnouncements', 'seenOn', 'webtransportPath', 'blindSubscribe'])
      expect(text).not.toContain(key);
  });
});
