import { describe, expect, it } from 'vitest';
import { TokenCheck } from '../../../../src/core/relay/auth.js';
import { utf8 } from '../../../../src/core/util/bytes.js';

const check = new TokenCheck('s3cret');

function http(path: string, headers: Record<string, string> = {}) {
  return check.http({ path, headers: new Map(Object.entries(headers)) });
}

describe('TokenCheck', () => {
  it.each([
    ['/', {}, 'none'],
    ['/?other=1', {}, 'none'],
    ['/?token=s3cret', {}, 'right'],
    ['/path?a=1&jwt=s3cret', {}, 'right'],
    ['/?access_token=s3cre', {}, 'wrong'],
    ['/?token=wrong&token=s3cret', {}, 'right'],
    ['/', { authorization: 'Bearer s3cret' }, 'right'],
    ['/', { authorization: 'bearer  s3cret ' }, 'right'],
    ['/', { authorization: 'Bearer s3cretx' }, 'wrong'],
    ['/', { authorization: 'Basic s3cret' }, 'none'],
  ] as const)('finds in a request for %s with %o: %s', (path, headers, result) => {
    expect(http(path, headers)).toBe(result);
  });

  it.each([
    [[], false],
    [[{ alias: 'use-value', tokenType: 0n, value: utf8('s3cret') }], true],
    [[{ alias: 'use-value', tokenType: 7n, value: utf8('s3cret') }], true],
    [[{ alias: 'register', tokenAlias: 1n, tokenType: 0n, value: utf8('s3cret') }], true],
    [[{ alias: 'use-alias', tokenAlias: 1n }], false],
    [
      [
        { alias: 'use-value', tokenType: 0n, value: utf8('other') },
        { alias: 'use-value', tokenType: 0n, value: utf8('s3cret') },
      ],
      true,
    ],
    [[{ alias: 'use-value', tokenType: 0n, value: utf8('S3CRET') }], false],
  ] as const)('judges the tokens of a SETUP: %#', (authorizationTokens, result) => {
    expect(check.setup({ authorizationTokens })).toBe(result);
  });

  it('knows a SETUP without tokens', () => {
    expect(check.setup({})).toBe(false);
  });

  it.each([
    ['/?token=s3cret', true],
    ['/?token=wrong', false],
    [undefined, false],
  ])('finds in the path %s of a SETUP: %s', (path, right) => {
    expect(check.setup(path === undefined ? {} : { path })).toBe(right);
  });
});
