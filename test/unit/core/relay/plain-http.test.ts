import { describe, expect, it } from 'vitest';
import { answersOf, certificateHash } from '../../../../src/core/relay/plain-http.js';

const HASH = 'ab'.repeat(32);

function answer(method: string, path: string, authority = '127.0.0.1:4443', origin?: string, anyHost = false) {
  const headers = new Map(origin === undefined ? [] : [['origin', origin] as const]);
  return answersOf(certificateHash(HASH), anyHost)({ method, path, authority, headers });
}

describe("the relay's plain answers", () => {
  it.each(['/certificate.sha256', '/fingerprint'])('%s is the hash in hex', (path) => {
    const { status, body } = answer('GET', path);
    expect(status).toBe(200);
    expect(Buffer.from(body).toString()).toBe(`${HASH}\n`);
    expect(answer('HEAD', path).status).toBe(200);
  });

  it.each(['/', '/certificate.sha256/', '//fingerprint', ''])('%j is 404', (path) => {
    expect(answer('GET', path).status).toBe(404);
  });

  it('other methods are told which are allowed', () => {
    const { status, headers } = answer('POST', '/fingerprint');
    expect(status).toBe(405);
    expect(new Map(headers).get('allow')).toBe('GET, HEAD');
  });

  it.each(['http://localhost:8080', 'http://127.0.0.1', 'http://[::1]:3000'])('pages of %s may read it', (origin) => {
    const { headers } = answer('GET', '/fingerprint', 'localhost:4443', origin);
    expect(new Map(headers).get('access-control-allow-origin')).toBe(origin);
  });

  it.each(['https://example.com', 'http://127.0.0.1.example.com', 'null', 'file://'])(
    'pages of %s may not',
    (origin) => {
      const { headers } = answer('GET', '/fingerprint', 'localhost:4443', origin);
      expect(new Map(headers).has('access-control-allow-origin')).toBe(false);
    },
  );

  it('a name that is not of this machine gets nothing, unless other machines are let in', () => {
    expect(answer('GET', '/fingerprint', 'rebound.example:4443').status).toBe(421);
    expect(answer('GET', '/fingerprint', 'relay.example:4443', undefined, true).status).toBe(200);
  });
});
