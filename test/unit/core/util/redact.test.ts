import { describe, expect, it } from 'vitest';
import { createRedactor, redactUrl, urlSecrets } from '../../../../src/core/util/redact.js';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJyb290IjoiIn0.c2lnbmF0dXJlc2lnbmF0dXJl';

describe('redactUrl', () => {
  it.each([
    ['https://relay.example/moq', 'https://relay.example/moq'],
    ['moqt://[::1]:4443', 'moqt://[::1]:4443'],
    ['https://relay.example/production-relay-europe-west-2', 'https://relay.example/production-relay-europe-west-2'],
    [`https://relay.example/?jwt=${JWT}&room=`, 'https://relay.example/?jwt=***&room='],
    [`https://relay.example/${JWT}/x`, 'https://relay.example/***/x'],
    [`https://relay.example/${encodeURIComponent(JWT)}`, 'https://relay.example/***'],
    ['https://relay.example/token/abc/x', 'https://relay.example/token/***/x'],
    ['https://relay.example/x;token=abc', 'https://relay.example/x;token=***'],
    ['https://relay.example/9f86d081884c7d659a2feaa0c55ad015', 'https://relay.example/***'],
    ['https://relay.example/0b0e0a52-1c1c-4bb0-8a5c-0123456789ab', 'https://relay.example/***'],
    ['https://relay.example/aZbQcRdSeTfUgVhWiXjYk', 'https://relay.example/***'],
    ['https://user:secret@relay.example/x#part', 'https://***@relay.example/x#***'],
    ['https://relay.example?aGVsbG8gd29ybGQgMTIzNDU2', 'https://relay.example?***'],
    ['/path?t=1', '/path?t=***'],
    ['', ''],
  ])('%s', (url, expected) => {
    expect(redactUrl(url)).toBe(expected);
  });

  it('names what it hid', () => {
    expect(urlSecrets(`https://a@h/${JWT}?k=v&e=`)).toEqual(['a', 'v', JWT]);
    expect(urlSecrets('https://h/moq')).toEqual([]);
  });
});

describe('createRedactor', () => {
  it('finds a secret in every shape it takes', () => {
    const secret = 's3cr3t/tok"en=';
    const redact = createRedactor([secret, '']);
    const shapes = [
      secret,
      encodeURIComponent(secret),
      encodeURIComponent(secret).toLowerCase(),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret).toString('hex').toUpperCase(),
      JSON.stringify(secret),
    ];
    for (const shape of shapes) expect(redact(`before ${shape} after`)).toMatch(/^before "?\*\*\*=?=?"? after$/);
  });

  it('finds the parts of a token that was split at its dots', () => {
    const redact = createRedactor([JWT]);
    expect(redact(`a ${JWT.split('.').join(' b ')} c`)).toBe('a *** b *** b *** c');
  });

  it('knows a secret that was given percent-encoded by its plain form', () => {
    expect(createRedactor(['pass%20word'])('the pass word')).toBe('the ***');
  });

  it('leaves other text alone', () => {
    expect(createRedactor([])('text')).toBe('text');
    expect(createRedactor(['xyz'])('text')).toBe('text');
  });
});
