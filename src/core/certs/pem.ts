import { X509Certificate } from 'node:crypto';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The certificate blocks of a PEM text, in order, unparsed; comments, keys and other blocks are skipped. */
export function certificateBlocks(pem: string): string[] {
  return pem.match(BLOCK) ?? [];
}

/** Parses every certificate of a PEM text. Throws an Error that says which one cannot be read. */
export function parseCertificates(pem: string): X509Certificate[] {
  return certificateBlocks(pem).map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (origin) {
      throw new Error(`certificate ${index + 1} cannot be read`, { cause: origin });
    }
  });
}
