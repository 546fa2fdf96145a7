import { describe, expect, it } from 'vitest';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import { parseMoqtUrl } from '../../../../src/core/url/parse-url.js';

describe('parseMoqtUrl', () => {
  it.each([
    [
      'moqt://relay.example',
      { scheme: 'moqt', host: 'relay.example', port: 443, path: '', authority: 'relay.example' },
    ],
    ['MOQT://Relay.Example:4443/', { host: 'relay.example', port: 4443, path: '/', authority: 'relay.example:4443' }],
    ['https://relay.example:443/moq', { scheme: 'https', port: 443, path: '/moq', authority: 'relay.example' }],
    ['https://relay.example?a=b', { path: '?a=b', authority: 'relay.example' }],
    ['https://relay.example/a//../b/?x=1?y#part?z', { path: '/a//../b/?x=1?y', fragment: 'part?z' }],
    ['http://localhost:4443', { scheme: 'http', host: 'localhost', port: 4443, path: '' }],
    ['moqt://127.0.0.1:65535', { host: '127.0.0.1', port: 65535 }],
    ['moqt://[::1]:4443/x', { host: '::1', port: 4443, authority: '[::1]:4443' }],
    ['moqt://[2001:DB8::1]', { host: '2001:db8::1', port: 443, authority: '[2001:db8::1]' }],
    ['moqt://bücher.example/höhe', { host: 'xn--bcher-kva.example', path: '/h%C3%B6he' }],
    ['moqt://relay.example./x', { host: 'relay.example.' }],
    ['moqt://h/%2F%ff;v=1,2(3)*', { path: '/%2F%ff;v=1,2(3)*' }],
  ])('reads %s', (text, expected) => {
    expect(parseMoqtUrl(text)).toMatchObject(expected);
  });

  it.each([
    ['', 'empty'],
    ['localhost:4443', 'no scheme'],
    ['relay.example/moq', 'no scheme'],
    ['moqt:relay.example', 'no scheme'],
    ['ftp://relay.example', 'unknown scheme ftp'],
    ['wss://relay.example', 'unknown scheme wss'],
    ['moqt://', 'host is empty'],
    ['moqt:///path', 'host is empty'],
    ['moqt://:4443', 'host is empty'],
    ['moqt://user@relay.example', 'user name'],
    ['moqt://user:pw@relay.example', 'user name'],
    ['moqt://@relay.example', 'user name'],
    ['moqt://relay.example:0', 'bad port'],
    ['moqt://relay.example:65536', 'bad port'],
    ['moqt://relay.example:', 'bad port'],
    ['moqt://relay.example:-1', 'bad port'],
    ['moqt://relay.example:4443x', 'bad port'],
    ['moqt://relay.example:1e3', 'bad port'],
    ['moqt://relay.example:000443', 'bad port'],
    ['moqt://::1:4443', 'several colons'],
    ['moqt://[::1', 'several colons'],
    ['moqt://[::g]', 'no IPv6 address'],
    ['moqt://[127.0.0.1]', 'no IPv6 address'],
    ['moqt://[fe80::1%25eth0]', 'zone'],
    ['moqt://[::1]4443', 'bad port'],
    ['moqt://256.1.1.1', 'no IPv4 address'],
    ['moqt://1.2.3', 'no IPv4 address'],
    ['moqt://127.1', 'no IPv4 address'],
    ['moqt://0x7f000001', 'no IPv4 address'],
    ['moqt://2130706433', 'no IPv4 address'],
    ['moqt://relay..example', 'no host name'],
    ['moqt://-relay.example', 'no host name'],
    ['moqt://rel%61y.example', 'no host name'],
    [`moqt://${'a'.repeat(64)}.example`, 'no host name'],
    ['moqt://relay.example/a b', 'whitespace'],
    [' moqt://relay.example', 'whitespace'],
    ['moqt://relay.example\n', 'whitespace'],
    ['moqt://relay.example/\x1b[31m', 'control'],
    ['moqt://relay.example/\0', 'control'],
    ['moqt://relay.example/\u202e', 'control'],
    ['moqt://relay.example/\ud800', 'control'],
    ['moqt://relay.example/a\\b', 'path contains'],
    ['moqt://relay.example/{x}', 'path contains'],
    ['moqt://relay.example/%zz', '% without'],
    ['moqt://relay.example/100%', '% without'],
    [`moqt://relay.example/${'a'.repeat(9000)}`, 'characters'],
  ])('refuses %j', (text, problem) => {
    let thrown: unknown;
    try {
      parseMoqtUrl(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(MoqtError);
    expect(thrown).toMatchObject({ code: 'MOQT_E_URL', exitCode: 2, stage: 'config' });
    expect((thrown as MoqtError).message).toContain(problem);
    expect((thrown as MoqtError).message).toMatch(/expected|at most|write|use/);
    expect((thrown as MoqtError).message).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it('suggests what a URL without a scheme may have meant', () => {
    expect(() => parseMoqtUrl('localhost:4443/x')).toThrow(
      expect.objectContaining({ hint: 'did you mean moqt://localhost:4443/x?' }),
    );
  });

  it('never shows a secret, neither in the result nor in a refusal', () => {
    const url = parseMoqtUrl('https://relay.example/x?token=verysecret#verysecret');
    expect(url.redacted).toBe('https://relay.example/x?token=***#***');
    for (const bad of [
      'https://u:verysecret@h/',
      'https://h:0/?t=verysecret',
      'h/?t=verysecret',
      'https://h/ ?t=verysecret',
    ]) {
      expect(() => parseMoqtUrl(bad)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('verysecret') }),
      );
      try {
        parseMoqtUrl(bad);
      } catch (error) {
        expect((error as MoqtError).hint ?? '').not.toContain('verysecret');
      }
    }
  });
});
