import { MoqtError } from '../errors/moqt-error.js';
import { fromBase64, fromHex } from '../util/bytes.js';
import { escapeText } from '../util/escape.js';

const SHA256_BYTES = 32;

/**
 * Reads the SHA-256 of a certificate (DER): hex of either case, with or without colons, or base64 (standard or URL-safe).
 * Throws MOQT_E_USAGE, which says what is wrong and what was expected.
 */
export function parsePin(text: string): Uint8Array {
  const trimmed = text.trim();
  const bytes = fromColonHex(trimmed) ?? fromHex(trimmed) ?? fromBase64(trimmed);
  if (bytes === null || bytes.length !== SHA256_BYTES) {
    const length = bytes === null || bytes.length === 0 ? '' : ` of ${bytes.length} bytes`;
    const guess = bytes?.length === 20 ? ' (that is the length of a SHA-1)' : '';
    throw new MoqtError(
      'MOQT_E_USAGE',
      `bad certificate hash "${escapeText(text, { maxLength: 120 })}"${length}${guess}: expected a SHA-256 as 64 hex digits, with or without colons, or as base64`,
      {
        stage: 'config',
        cause: 'pin.malformed',
        hint: 'openssl x509 -in FILE -outform der | openssl dgst -sha256 prints it',
      },
    );
  }
  return bytes;
}

function fromColonHex(text: string): Uint8Array | null {
  return /^[0-9a-f]{2}(?::[0-9a-f]{2})+$/i.test(text) ? fromHex(text.replaceAll(':', '')) : null;
}
