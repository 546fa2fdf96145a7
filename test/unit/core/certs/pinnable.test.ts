import { describe, expect, it } from 'vitest';
import { generateCertificate } from '../../../../src/core/certs/generate.js';
import { parseCertificates } from '../../../../src/core/certs/pem.js';
import { pinningObstacles } from '../../../../src/core/certs/pinnable.js';
import { expired, notYetValid, selfSigned } from '../../../support/certs.js';

describe('pinningObstacles', () => {
  it.each([1, 13, 14])('finds none in a P-256 certificate of %d days', async (days) => {
    const { certPem } = await generateCertificate({ hosts: ['localhost'], days });
    const [certificate] = parseCertificates(certPem);
    expect(certificate && pinningObstacles(certificate, Date.now())).toEqual([]);
  });

  it('names a validity of more than 14 days, were it by a second', async () => {
    const year = await selfSigned({ fromDays: -1, toDays: 364 });
    expect(pinningObstacles(year.x509, Date.now())).toEqual(['it is valid for 365 days, and browsers pin at most 14']);
    const second = await selfSigned({ fromDays: -1, toDays: 13 + 1 / 86_400 });
    expect(pinningObstacles(second.x509, Date.now())).toEqual([expect.stringMatching(/valid for 14\.0000\d days/)]);
  });

  it('names keys that browsers do not take, beside other reasons', async () => {
    const rsa = await selfSigned({ key: 'RSA', toDays: 100 });
    expect(pinningObstacles(rsa.x509, Date.now())).toEqual([
      expect.stringContaining('101 days'),
      expect.stringContaining('RSA'),
    ]);
    const p384 = await selfSigned({ key: 'P-384' });
    expect(pinningObstacles(p384.x509, Date.now())).toEqual([expect.stringContaining('not ECDSA P-256')]);
  });

  it('names dates that are over, or still to come', async () => {
    expect(pinningObstacles((await expired()).x509, Date.now())).toEqual(['it has expired']);
    expect(pinningObstacles((await notYetValid()).x509, Date.now())).toEqual(['it is not valid yet']);
  });
});
