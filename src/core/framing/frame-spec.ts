import { MoqtError } from '../errors/moqt-error.js';
import { concatBytes, utf8 } from '../util/bytes.js';

/** How bytes and objects correspond, as `--frame` says it. */
export type FrameSpec =
  /** Bytes without boundaries: cut and joined at will. */
  | { readonly kind: 'raw' }
  /** Records that end in a delimiter, which is not part of them: `lines`, `nul`, `delim:STR`. */
  | { readonly kind: 'delimiter'; readonly delimiter: Uint8Array }
  /** Records after a length of four bytes, most significant first. */
  | { readonly kind: 'u32be' }
  /** Records after a length as RFC 9000 §16 writes integers. */
  | { readonly kind: 'varint' }
  /** Records as lines of JSON, with their place in the track. */
  | { readonly kind: 'jsonl' }
  /** For people; subscribe only. */
  | { readonly kind: 'hexdump' }
  /** One record a file; publish only. */
  | { readonly kind: 'file' };

/** What reads (publish) or writes (subscribe) frames. */
export type FrameUse = 'publish' | 'subscribe';

const COMMON = ['raw', 'lines', 'nul', 'delim:STR', 'u32be', 'varint', 'jsonl'];
const FORMS: Readonly<Record<FrameUse, readonly string[]>> = {
  publish: [...COMMON, 'file'],
  subscribe: [...COMMON, 'hexdump'],
};

const MAX_DELIMITER_BYTES = 256;
const ESCAPES: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, '0': 0x00, '\\': 0x5c };

/**
 * Reads the value of `--frame`. Delimiters take `\n \r \t \0 \\ \xNN`, the rest is UTF-8. Throws MOQT_E_USAGE, which
 * names the forms that `use` has.
 */
export function parseFrameSpec(text: string, use: FrameUse): FrameSpec {
  if (text === 'lines') return { kind: 'delimiter', delimiter: Uint8Array.of(0x0a) };
  if (text === 'nul') return { kind: 'delimiter', delimiter: Uint8Array.of(0x00) };
  if (text.startsWith('delim:')) return { kind: 'delimiter', delimiter: parseDelimiter(text.slice('delim:'.length)) };
  switch (text) {
    case 'raw':
    case 'u32be':
    case 'varint':
    case 'jsonl':
      return { kind: text };
    case 'file':
      if (use === 'publish') return { kind: text };
      break;
    case 'hexdump':
      if (use === 'subscribe') return { kind: text };
      break;
  }
  const known = FORMS.publish.includes(text) || FORMS.subscribe.includes(text);
  throw usage(
    known ? `--frame ${text} is not for ${use}` : `${JSON.stringify(text)} is not a framing`,
    `one of ${FORMS[use].join(' ')}`,
  );
}

function parseDelimiter(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const match of text.matchAll(/\\x([0-9a-f]{2})|\\([nrt0\\])|(\\.?)|([^\\]+)/giu)) {
    const [, hex, short, stray, plain] = match;
    if (hex !== undefined) parts.push(Uint8Array.of(Number.parseInt(hex, 16)));
    else if (short !== undefined && ESCAPES[short] !== undefined) parts.push(Uint8Array.of(ESCAPES[short]));
    else if (plain !== undefined) parts.push(utf8(plain));
    else
      throw usage(
        `${JSON.stringify(stray ?? match[0])} is not an escape`,
        'delimiters take \\n \\r \\t \\0 \\\\ \\xNN',
      );
  }
  const delimiter = concatBytes(parts);
  if (delimiter.length === 0) throw usage('the delimiter is empty', 'for example delim:\\n or delim:\\x00');
  if (delimiter.length > MAX_DELIMITER_BYTES) {
    throw usage(`the delimiter has ${delimiter.length} bytes`, `at most ${MAX_DELIMITER_BYTES}`);
  }
  return delimiter;
}

function usage(message: string, hint: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause: 'usage.frame', hint });
}
