import { fromUtf8 } from './bytes.js';

/**
 * What a terminal or a log must never receive from a peer: control characters (ESC, CR, LF, NUL, C1), line and paragraph
 * separators, lone surrogates, and invisible format characters, among them the BiDi overrides that make text read
 * otherwise than it is. The zero-width joiners stay: scripts and emoji need them and they cannot reorder anything.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export interface EscapeOptions {
  /** Longer text is cut and ends in `…`; counted in UTF-16 units before escaping. */
  readonly maxLength?: number;
}

/**
 * Text of a peer, fit for a terminal or one line of a log: `\n`, `\r`, `\t`, `\xNN`, `\u{N}`. Idempotent, because a
 * backslash is left alone: this is for reading, not for parsing back.
 */
export function escapeText(text: string, options: EscapeOptions = {}): string {
  const max = options.maxLength;
  const cut = max !== undefined && text.length > max;
  const escaped = (cut ? text.slice(0, max) : text).replace(UNSAFE, escapeCharacter);
  return cut ? `${escaped}…` : escaped;
}

/**
 * A finished line or JSON document with the characters that nobody sees written `\uXXXX`: to a reader of JSON it is the
 * same document, and no terminal reorders it.
 */
export function escapeInvisible(text: string): string {
  return text.replace(UNSAFE, (character) => {
    // Line ends and colours are our own: JSON.stringify has escaped those of a peer, as escapeText has.
    if (character < ' ') return character;
    let escaped = '';
    for (let i = 0; i < character.length; i++) {
      escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}

/** As escapeText, for bytes that ought to be UTF-8; those that are not appear as `\xNN`. */
export function escapeBytes(bytes: Uint8Array, options: EscapeOptions = {}): string {
  const max = options.maxLength;
  const cut = max !== undefined && bytes.length > max;
  let text = '';
  for (const part of utf8Parts(cut ? bytes.subarray(0, max) : bytes)) {
    text += typeof part === 'string' ? escapeText(part) : hexByte(part);
  }
  return cut ? `${text}…` : text;
}

/** Well-formed stretches as text, every other byte by itself. */
export function* utf8Parts(bytes: Uint8Array): Generator<string | number> {
  const whole = fromUtf8(bytes);
  if (whole !== null) {
    if (whole !== '') yield whole;
    return;
  }
  let start = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    if (at > start) yield fromUtf8(bytes.subarray(start, at)) ?? '';
    yield bytes[at] as number;
    at++;
    start = at;
  }
  if (at > start) yield fromUtf8(bytes.subarray(start, at)) ?? '';
}

/** Length of the well-formed sequence at `at`, 0 when there is none (Unicode 15, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  return fromUtf8(bytes.subarray(at, at + length)) === null ? 0 : length;
}

function escapeCharacter(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) as number;
  return code <= 0xff ? hexByte(code) : `\\u{${code.toString(16)}}`;
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
