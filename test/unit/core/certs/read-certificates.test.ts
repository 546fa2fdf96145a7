import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readCertificates } from '../../../../src/core/certs/read-certificates.js';
import { authority, selfSigned } from '../../../support/certs.js';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const label = (name: string) => bytes(`-----BEGIN ${name}-----\nAAAA\n-----END ${name}-----\n`);

describe('readCertificates', () => {
  it('reads several from PEM in their order, and skips text and a key between them', async () => {
    const root = await authority();
    const leaf = await root.issue();
    const file = bytes(`the leaf\n${leaf.certPem}${leaf.keyPem}and its root\r\n${root.certPem}`);
    expect(readCertificates(file, 'f').map(({ raw }) => raw)).toEqual([leaf.x509.raw, root.x509.raw]);
  });

  it('reads DER, one behind the other', async () => {
    const [a, b] = [await selfSigned(), await selfSigned()];
    expect(readCertificates(a.x509.raw, 'f').map(({ raw }) => raw)).toEqual([a.x509.raw]);
    const both = Buffer.concat([a.x509.raw, b.x509.raw]);
    expect(readCertificates(both, 'f').map(({ raw }) => raw)).toEqual([a.x509.raw, b.x509.raw]);
    const tail = Buffer.concat([a.x509.raw, Buffer.from('tail')]);
    expect(() => readCertificates(tail, 'f')).toThrow('what follows its certificate 1 cannot be read');
  });

  it('refuses a key, PEM or DER, without showing any of it', async () => {
    const { keyPem } = await selfSigned();
    const der = createPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' });
    for (const key of [bytes(keyPem), new Uint8Array(der), label('EC PRIVATE KEY'), label('ENCRYPTED PRIVATE KEY')]) {
      expect(() => readCertificates(key, 'key.pem')).toThrow(
        expect.objectContaining({
          code: 'MOQT_E_USAGE',
          exitCode: 2,
          message: 'key.pem holds a private key, and no certificate',
        }),
      );
    }
  });

  it.each([
    ['a request', label('CERTIFICATE REQUEST'), 'f holds a request for a certificate, and no certificate'],
    ['PKCS #7', label('PKCS7'), 'f holds a PKCS #7 bundle, and no certificate'],
    [
      'PKCS #7 as DER',
      Buffer.from('3082022306092a864886f70d010702a08202', 'hex'),
      'f holds a PKCS #7 bundle, and no certificate',
    ],
    ['a public key', label('PUBLIC KEY'), 'f holds a public key, and no certificate'],
    ['something else', label('OPENSSH THING'), 'f holds OPENSSH THING, and no certificate'],
    ['nothing', new Uint8Array(), 'f is empty'],
    ['text', bytes('hello'), 'f is neither PEM nor DER of a certificate'],
    ['a bad certificate', label('CERTIFICATE'), 'f: certificate 1 cannot be read'],
    ['half a certificate', bytes('-----BEGIN CERTIFICATE-----\nMIIB'), 'f breaks off in a certificate'],
  ])('says what a file of %s is', (_what, file, message) => {
    expect(() => readCertificates(file, 'f')).toThrow(expect.objectContaining({ code: 'MOQT_E_USAGE', message }));
  });

  it('shows a hostile file name harmless', () => {
    expect(() => readCertificates(new Uint8Array(), 'a\u001b[2Jb')).toThrow('a\\x1b[2Jb is empty');
  });
});
