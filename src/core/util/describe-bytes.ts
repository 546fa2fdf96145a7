import { toHex } from './bytes.js';
import { escapeText } from './escape.js';

/** Bytes shown at most. */
const SHOWN = 24;

/** What unexpected bytes look like, and how they begin, in words for an error: `HTTP text: "HTTP/1.1 400 Bad…"`. */
export function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'nothing';
  const text = printable(bytes);
  if (text !== null) {
    const kind = /^(?:HTTP\/\d|GET |POST |PRI \* HTTP)/.test(text) ? 'HTTP text' : 'text';
    return `${kind} "${escapeText(text, { maxLength: 40 })}"`;
  }
  const hex = toHex(bytes.subarray(0, SHOWN)) + (bytes.length > SHOWN ? '…' : '');
  const kind = binaryKind(bytes);
  return kind === null ? `bytes ${hex}` : `${kind} (${hex})`;
}

function printable(bytes: Uint8Array): string | null {
  const text = String.fromCharCode(...bytes.subarray(0, 256));
  return /^[\x20-\x7e\r\n\t]+$/.test(text) ? text : null;
}

function binaryKind(bytes: Uint8Array): string | null {
  const [a, b, c] = bytes as unknown as [number, number | undefined, number | undefined];
  if (a >= 20 && a <= 23 && b === 0xfe && (c === 0xff || c === 0xfd)) return 'DTLS';
  if (a >= 20 && a <= 23 && b === 0x03 && c !== undefined && c <= 4) return 'a TLS record';
  if (
    bytes.length >= 20 &&
    a <= 3 &&
    bytes[4] === 0x21 &&
    bytes[5] === 0x12 &&
    bytes[6] === 0xa4 &&
    bytes[7] === 0x42
  ) {
    return 'STUN';
  }
  return bytes.every((byte) => byte === 0) ? 'zeros' : null;
}
