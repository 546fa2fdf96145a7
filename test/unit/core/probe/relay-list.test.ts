import { describe, expect, it } from 'vitest';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import { parseRelayList } from '../../../../src/core/probe/relay-list.js';

function refusal(document: unknown): MoqtError {
  try {
    parseRelayList(typeof document === 'string' ? document : JSON.stringify(document), 'relays.json');
  } catch (error) {
    expect(error).toBeInstanceOf(MoqtError);
    return error as MoqtError;
  }
  throw new Error('was accepted');
}

describe('parseRelayList', () => {
  it('takes URLs and objects, drafts and pins in every form', () => {
    const list = parseRelayList(
      JSON.stringify(['moqt://a', { url: 'https://b', name: 'b', draft: 18, certSha256: 'ab,cd', insecure: false }]),
      'x',
    );
    expect(list).toEqual([
      { where: 'entry 1', url: 'moqt://a' },
      {
        where: 'entry 2 ("b")',
        url: 'https://b',
        name: 'b',
        drafts: ['18'],
        certSha256: ['ab', 'cd'],
        insecure: false,
      },
    ]);
  });

  it.each([
    ['not JSON', '[', 'is not JSON: it ends too early'],
    ['a stray comma', '[\n  "moqt://a",\n  ,]', 'unexpected "," in line 3, column 3'],
    ['a comma before the end of an object', '[{"authToken": "secret",\n}]', 'unexpected "}" in line 2, column 1'],
    ['single quotes', "[{'url': 1}]", `unexpected "'" in line 1, column 3`],
    ['a bare word', '[\n{"insecure": yes}]', 'unexpected "y" in line 2, column 14'],
    ['text behind it', '[]\n]', 'unexpected "]" in line 2, column 1'],
    ['no list', {}, 'is not a list'],
    ['nothing', [], 'names no relay'],
    ['a number', ['moqt://a', 7], 'entry 2 is neither'],
    ['no url', [{ name: 'lab' }], 'entry 1 ("lab") has no url'],
    ['an unknown key', [{ url: 'moqt://a', drft: '18' }], 'entry 1 has an unknown key "drft"'],
    ['a bad transport', [{ url: 'moqt://a', transport: 'tcp' }], 'entry 1 has a bad transport'],
    ['a bad switch', [{ url: 'moqt://a', insecure: 'yes' }], 'entry 1 has a bad insecure'],
    ['a token', [{ url: 'moqt://a', authToken: 'secret' }], 'entry 1 has a bad authToken'],
    ['half a key pair', [{ url: 'moqt://a', certFile: 'a.pem' }], 'only one of certFile and keyFile'],
  ])('refuses %s, and says where', (_, document, message) => {
    const error = refusal(document);
    expect(error.code).toBe('MOQT_E_USAGE');
    expect(error.message).toContain(`relays.json: `);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('secret');
  });
});
