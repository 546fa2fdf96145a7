import { describe, expect, it } from 'vitest';
import { certificateDetails } from '../../../../src/core/certs/details.js';
import { authority, selfSigned } from '../../../support/certs.js';

describe('certificateDetails', () => {
  it('tells names, key, signature and dates of a leaf', async () => {
    const root = await authority('Root of Tests');
    const leaf = await root.issue({ hosts: ['relay.test', '*.relay.test', '192.0.2.7', '2001:db8::7'], toDays: 3 });
    const details = await certificateDetails(leaf.x509, Date.now());
    expect(details).toMatchObject({
      subject: 'CN=leaf',
      issuer: 'CN=Root of Tests',
      names: ['relay.test', '*.relay.test', '192.0.2.7', expect.stringMatching(/^2001:db8:.*7$/)],
      key: { type: 'EC', curve: 'P-256', bits: 256 },
      signature: 'ECDSA with SHA-256',
      validitySeconds: 4 * 86_400,
      ca: false,
      selfSigned: false,
      sha256: Buffer.from(leaf.sha256).toString('hex'),
    });
    expect(Date.parse(details.notAfter)).toBe(Date.parse(leaf.x509.validTo));
    expect(await certificateDetails(root.x509, Date.now())).toMatchObject({ ca: true, selfSigned: true, names: [] });
  });

  it('tells an RSA key by its size', async () => {
    const { x509 } = await selfSigned({ key: 'RSA' });
    expect(await certificateDetails(x509, Date.now())).toMatchObject({
      key: { type: 'RSA', curve: null, bits: 2048 },
      signature: 'RSA with SHA-256',
    });
  });

  it('counts what is left below zero once it has expired', async () => {
    const { x509 } = await selfSigned({ fromDays: -10, toDays: 1 });
    const end = Date.parse(x509.validTo);
    expect((await certificateDetails(x509, end + 60_000)).remainingSeconds).toBe(-60);
    expect((await certificateDetails(x509, end - 60_000)).remainingSeconds).toBe(60);
  });
});
