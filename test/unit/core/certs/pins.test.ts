import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parsePin } from '../../../../src/core/certs/pins.js';

const hash = createHash('sha256').update('x').digest();
const hex = hash.toString('hex');

describe('parsePin', () => {
  it.each([
    ['hex', hex],
    ['upper-case hex', hex.toUpperCase()],
    ['hex with colons', hex.replace(/..(?=.)/g, '$&:')],
    ['base64', hash.toString('base64')],
    ['base64 without padding', hash.toString('base64').replace('=', '')],
    ['URL-safe base64', hash.toString('base64url')],
    ['surrounding whitespace', ` ${hex}\n`],
  ])('takes %s', (_form, text) => {
    expect(parsePin(text)).toEqual(new Uint8Array(hash));
  });

  it.each([
    '',
    'abc',
    hex.slice(2),
    `${hex}00`,
    `${hex.slice(0, 62)}zz`,
    hex.replace(/..(?=.)/, '$&:'),
    hash.toString('base64').slice(0, -2),
    'sha256',
  ])('refuses %j as a usage error', (text) => {
    expect(() => parsePin(text)).toThrow(
      expect.objectContaining({
        code: 'MOQT_E_USAGE',
        exitCode: 2,
        message: expect.stringContaining('expected a SHA-256 as 64 hex digits'),
      }),
    );
  });

  it('recognises a SHA-1', () => {
    expect(() => parsePin(createHash('sha1').update('x').digest('hex'))).toThrow('SHA-1');
  });
});
