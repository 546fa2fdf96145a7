import { describe, expect, it } from 'vitest';
import { hintFor } from '../../../../src/core/errors/hints.js';
import { alertError, THE_SERVER } from '../../../../src/core/transport/tls-alerts.js';

function hintOf(alert: string, who: string): string | null {
  const wire = { space: 'quic', code: 0x100n, name: alert };
  const error = alertError({ alert, who, offered: ['moqt-18'], peer: 'relay:443', wire, alpnHint: '' });
  return error.hint ?? hintFor(error);
}

describe('alertError', () => {
  it.each(['unknown_ca', 'bad_certificate', 'certificate_unknown', 'certificate_expired'])(
    'takes %s of a server for a word on the client certificate',
    (alert) => {
      expect(hintOf(alert, THE_SERVER)).toContain('--cert and --key');
      expect(hintOf(alert, 'our TLS library')).not.toContain('--key');
    },
  );

  it('tells what our library means by illegal_parameter', () => {
    expect(hintOf('illegal_parameter', 'our QUIC library')).toContain('digitalSignature');
    expect(hintOf('illegal_parameter', THE_SERVER)).not.toContain('digitalSignature');
  });
});
