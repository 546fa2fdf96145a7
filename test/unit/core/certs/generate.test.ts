import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateCertificate } from '../../../../src/core/certs/generate.js';
import { certificateSha256, judgeChain } from '../../../../src/core/certs/trust.js';

describe('generateCertificate', () => {
  it('makes a P-256 certificate for names and addresses, with its key and hash', async () => {
    const made = await generateCertificate({ hosts: ['localhost', '127.0.0.1', '::1', '*.dev.example'], days: 13 });
    const certificate = new X509Certificate(made.certPem);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(certificate.checkPrivateKey(createPrivateKey(made.keyPem))).toBe(true);
    expect(certificateSha256(certificate)).toEqual(made.sha256);
    expect(certificate.ca).toBe(false);
    for (const host of ['localhost', '127.0.0.1', '::1', 'relay.dev.example']) {
      expect(judgeChain([certificate], { host, rootsPem: made.certPem }), host).toBeNull();
    }
  });

  it('is valid for exactly the days asked for, from the clock it is given', async () => {
    const start = new Date('2030-01-01T00:00:00.500Z');
    const made = await generateCertificate({ hosts: ['localhost'], days: 14, now: () => start });
    const certificate = new X509Certificate(made.certPem);
    expect(new Date(certificate.validFrom).toISOString()).toBe('2030-01-01T00:00:00.000Z');
    expect(new Date(certificate.validTo).toISOString()).toBe('2030-01-15T00:00:00.000Z');
    expect(made.notAfter.toISOString()).toBe('2030-01-15T00:00:00.000Z');
    expect(made.notBefore.toISOString()).toBe('2030-01-01T00:00:00.000Z');
  });

  it('makes another key and serial number every time', async () => {
    const options = { hosts: ['localhost'], days: 1 };
    const [a, b] = await Promise.all([generateCertificate(options), generateCertificate(options)]);
    expect(a.keyPem).not.toBe(b.keyPem);
    expect(new X509Certificate(a.certPem).serialNumber).not.toBe(new X509Certificate(b.certPem).serialNumber);
  });

  it.each([
    { hosts: [], days: 13 },
    { hosts: ['localhost'], days: 0 },
    { hosts: ['localhost'], days: 15 },
    { hosts: ['localhost'], days: Number.NaN },
    { hosts: ['bad host'], days: 13 },
    { hosts: ['a..b'], days: 13 },
    { hosts: ['a.*.b'], days: 13 },
    { hosts: [''], days: 13 },
  ])('refuses %j', async (options) => {
    await expect(generateCertificate(options)).rejects.toMatchObject({ code: 'MOQT_E_USAGE', exitCode: 2 });
  });
});
