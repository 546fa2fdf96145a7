import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../../../src/core/errors/error-codes.js';
import { EXIT } from '../../../../src/core/errors/exit-codes.js';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';

describe('MoqtError', () => {
  it('takes its exit code from the table unless told otherwise', () => {
    expect(new MoqtError('MOQT_E_TLS', 'expired', { stage: 'tls' }).exitCode).toBe(EXIT.tls);
    expect(new MoqtError('MOQT_E_REJECTED', 'no', { stage: 'subscribe', exitCode: EXIT.unauthorized }).exitCode).toBe(
      5,
    );
  });

  it('keeps the underlying error for --debug', () => {
    const origin = new Error('ECONNREFUSED');
    expect(new MoqtError('MOQT_E_UNREACHABLE', 'refused', { stage: 'udp', origin }).cause).toBe(origin);
  });

  it('has an exit code of the documented set for every error code', () => {
    const known = new Set<number>(Object.values(EXIT));
    for (const [code, info] of Object.entries(ERROR_CODES)) expect(known.has(info.exitCode), code).toBe(true);
  });
});
