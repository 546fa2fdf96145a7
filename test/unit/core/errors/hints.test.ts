import { describe, expect, it } from 'vitest';
import { CAUSES } from '../../../../src/core/errors/causes.js';
import { ERROR_CODES, type ErrorCode } from '../../../../src/core/errors/error-codes.js';
import { hintFor } from '../../../../src/core/errors/hints.js';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import { Explainer } from '../../../../src/core/explain/explain.js';
import { errorDocument, errorLine } from '../../../../src/core/render/error-line.js';

describe('hints', () => {
  it('are the first thing to try that explain tells of the code', () => {
    for (const { space, name, implementation, try: tries } of new Explainer().list()) {
      if (['cause', 'error', 'exit'].includes(space) || implementation !== null) continue;
      if (name.startsWith('WT_CLOSE') || name.startsWith('WT_DRAIN')) continue;
      expect(hintFor({ code: 'MOQT_E_REJECTED', wire: { space, name } }), `${space} ${name}`).toBe(tries[0]);
    }
  });

  it('come from the cause where there is no code, and from the error code last', () => {
    for (const reason of Object.keys(CAUSES)) expect(hintFor({ code: 'MOQT_E_BUG', reason }), reason).not.toBeNull();
    expect(hintFor({ code: 'MOQT_E_USAGE', reason: 'usage.flag' })).toBe('see --help');
    expect(hintFor({ code: 'MOQT_E_BUG', reason: 'toString' })).toBeNull();
    for (const code of Object.keys(ERROR_CODES)) expect(() => hintFor({ code: code as ErrorCode })).not.toThrow();
  });
});

describe('an error line', () => {
  const error = (message: string, over = {}) =>
    new MoqtError('MOQT_E_VERSION', message, {
      stage: 'alpn',
      cause: 'alpn.none',
      hint: 'offer others',
      wire: { space: 'quic', code: 0x178n, name: 'no_application_protocol' },
      ...over,
    });
  const line = (one: MoqtError) => errorLine(one, 'host:1', (text) => text);

  it('has the code that arrived once, as moqt explain takes it', () => {
    expect(line(error('refused'))).toBe('moqt: alpn host:1: refused (quic 0x178) [alpn.none] — offer others');
    expect(line(error('refused: 0x178'))).toBe('moqt: alpn host:1: refused: 0x178 [alpn.none] — offer others');
    const status = { wire: { space: 'http', code: 404n, name: 'HTTP 404' } };
    expect(line(error('the peer answered 404', status))).toBe(
      'moqt: alpn host:1: the peer answered 404 [alpn.none] — offer others',
    );
    expect(line(error('no', { wire: undefined }))).toBe('moqt: alpn host:1: no [alpn.none] — offer others');
  });

  it('has a hint of the code where the error brings none, in the document too', () => {
    const bare = error('no', { hint: undefined, cause: undefined });
    expect(line(bare)).toContain(' — offer other drafts (--draft)');
    expect(errorDocument(bare, null).error.hint).toMatch(/^offer other drafts/);
  });
});
