import { describe, expect, it } from 'vitest';
import { MAX_REDIRECTS, RedirectTrail } from '../../../../../src/core/session/connect/redirects.js';
import { RequestRejected } from '../../../../../src/core/session/session-errors.js';
import { parseFullTrackName } from '../../../../../src/core/url/namespace.js';

const TRACK = parseFullTrackName('live', 'x');
const SAME = { namespace: [], name: new Uint8Array() };
const start = (url = 'moqt://a.example/') => new RedirectTrail({ url, track: TRACK });
const to = (connectUri: string, track: typeof TRACK | typeof SAME = SAME) => ({ connectUri, track });

describe('a redirect', () => {
  it('to a URI keeps the track; without one it keeps the URL and takes the track literally', () => {
    const trail = start();
    expect(trail.follow('SUBSCRIBE', to('moqt://b.example/p')).place).toEqual({
      url: 'moqt://b.example/p',
      track: TRACK,
    });
    const other = parseFullTrackName('vod/a', 'y/z');
    const { place, hop } = trail.follow('SUBSCRIBE', to('', other));
    expect(place).toEqual({ url: 'moqt://b.example/p', track: other });
    expect(hop).toMatchObject({ from: 'moqt://b.example/p', to: 'moqt://b.example/p', track: 'vod/a/y%2Fz' });
    expect(trail.hops).toHaveLength(2);
  });

  it.each([
    ['moqt://a.example/other', false],
    ['https://a.example/', false],
    ['moqt://a.example:444/', true],
    ['moqt://b.example/', true],
  ])('to %s is to another origin: %s', (url, otherOrigin) => {
    expect(start().follow('FETCH', to(url)).hop.otherOrigin).toBe(otherOrigin);
  });

  it('is measured against the URL that credentials were given for, however many hops ago', () => {
    const trail = start();
    trail.follow('SUBSCRIBE', to('moqt://b.example/'));
    expect(trail.follow('SUBSCRIBE', to('moqt://b.example/2')).hop.otherOrigin).toBe(true);
    expect(trail.follow('SUBSCRIBE', to('moqt://a.example/3')).hop.otherOrigin).toBe(false);
    const late = new RedirectTrail({ url: 'moqt://b.example/', track: TRACK }, 'moqt://a.example/');
    expect(late.follow('SUBSCRIBE', to('moqt://b.example/x')).hop.otherOrigin).toBe(true);
  });

  it('back to where it was is a circle, also through another spelling', () => {
    const trail = start();
    expect(() => trail.follow('SUBSCRIBE', to(''))).toThrow('in a circle');
    trail.follow('SUBSCRIBE', to('moqt://b.example/'));
    const back = (): unknown => trail.follow('SUBSCRIBE', to('moqt://A.example:443/'));
    expect(back).toThrow('moqt://a.example/ → moqt://b.example/ → moqt://A.example:443/');
    expect(back).toThrow(expect.objectContaining({ reason: 'request.redirected', exitCode: 8, stage: 'subscribe' }));
  });

  it(`is followed ${MAX_REDIRECTS} times`, () => {
    const trail = start();
    for (let i = 0; i < MAX_REDIRECTS; i++) trail.follow('SUBSCRIBE', to(`moqt://h${i}.example/`));
    expect(() => trail.follow('SUBSCRIBE', to('moqt://last.example/'))).toThrow('more than 5 times');
  });

  it.each([
    ['ftp://b.example/', 'cannot be followed'],
    ['moqt://user:pw@b.example/', 'cannot be followed'],
    ['moqt://', 'cannot be followed'],
    ['http://b.example/', 'plain HTTP'],
  ])('to %s is refused: %s', (url, words) => {
    expect(() => start().follow('SUBSCRIBE', to(url))).toThrow(words);
  });

  it('to plain HTTP is followed from plain HTTP, which trusts it already', () => {
    expect(start('http://127.0.0.1:4443/').follow('SUBSCRIBE', to('http://127.0.0.1:4444/')).place.url).toContain(
      '4444',
    );
  });

  it('shows no token and no control character', () => {
    const { hop } = start().follow('SUBSCRIBE', to('moqt://b.example/?jwt=abcdefghijklmnop'));
    expect(JSON.stringify(hop)).not.toContain('abcdefghijklmnop');
  });

  it('is read off the error of a request, and off nothing else', () => {
    const rejection = { request: 'SUBSCRIBE', code: 0x34n, name: 'REDIRECT', reason: '', retryAfterMs: null } as const;
    const error = new RequestRejected({ ...rejection, redirect: to('moqt://b.example/') }, { stage: 'subscribe' });
    expect(start().next(error)?.place.url).toBe('moqt://b.example/');
    expect(start().next(new RequestRejected(rejection, { stage: 'subscribe' }))).toBeNull();
    expect(start().next(new Error('x'))).toBeNull();
  });
});
