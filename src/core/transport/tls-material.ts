import { createPrivateKey, X509Certificate } from 'node:crypto';
import { MoqtError } from '../errors/moqt-error.js';

/** Throws when the key is not that of the first certificate. Both PEM; nothing to check when one is absent. */
export function checkKeyPair(certPem: string | undefined, keyPem: string | undefined): void {
  if (certPem === undefined || keyPem === undefined) return;
  if (!new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem))) {
    throw new Error('the key does not belong to the certificate');
  }
}

/** A certificate, key or CA of ours that the TLS library does not take. */
export function materialError(why: string, origin: unknown): MoqtError {
  return new MoqtError('MOQT_E_LOCAL_IO', `certificate, key or CA cannot be used: ${why}`, {
    stage: 'tls',
    cause: 'tls.bad-certificate',
    hint: 'certificate, key and CA must be PEM, and the key must belong to the first certificate',
    origin,
  });
}
