import type { PinForms } from '../records/certificate-report.js';
import { toBase64, toHex } from '../util/bytes.js';

/** The SHA-256 of a certificate in every form that is asked for; parsePin reads the first three. */
export function pinForms(sha256: Uint8Array): PinForms {
  const hex = toHex(sha256);
  const base64 = toBase64(sha256);
  return {
    hex,
    base64,
    colon: (hex.match(/../g) ?? []).join(':').toUpperCase(),
    js: `serverCertificateHashes: [{ algorithm: "sha-256", value: Uint8Array.from(atob("${base64}"), (c) => c.charCodeAt(0)) }]`,
  };
}
