import { describe, expect, it } from 'vitest';
import { certificateHashServer } from '../../../../src/core/relay/plain-http.js';

const hash = new Uint8Array(32).fill(0xab);
const answer = (method: string, path: string) =>
  certificateHashServer(hash)({ method, path, authority: 'h', headers: new Map(), secure: false });

describe("the relay's plain answers", () => {
  it.each(['/certificate.sha256', '/fingerprint'])('%s is the hash in hex, for pages of any origin', (path) => {
    const { status, headers, body } = answer('GET', path);
    expect(status).toBe(200);
    expect(new Map(headers).get('access-control-allow-origin')).toBe('*');
    expect(Buffer.from(body ?? []).toString()).toBe(`${'ab'.repeat(32)}\n`);
    expect(answer('HEAD', path).status).toBe(200);
  });

  it.each(['/', '/certificate.sha256/', '/certificate.sha256?x', '//fingerprint', ''])('%j is 404', (path) => {
    expect(answer('GET', path)).toEqual({ status: 404 });
  });

  it('other methods are told which are allowed', () => {
    expect(answer('POST', '/fingerprint')).toEqual({ status: 405, headers: [['allow', 'GET, HEAD']] });
  });
});
