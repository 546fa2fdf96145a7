import { H3Error } from '../h3/h3-error.js';
import { HUFFMAN_CODE_LENGTHS } from './huffman-table.js';

const MAX_CODE_LENGTH = 30;
const END_OF_STRING = 256;

/**
 * The code of RFC 7541 Appendix B is canonical: codes of one length are consecutive and in the order of their symbols,
 * and each length's first code follows from the shorter ones. So the lengths are all the data, and decoding needs only
 * the first code and the number of codes per length.
 */
interface CanonicalCode {
  /** First code of each length. */
  readonly first: Uint32Array;
  /** Number of codes of each length. */
  readonly count: Uint16Array;
  /** Where each length's symbols begin in `symbols`. */
  readonly start: Uint16Array;
  readonly symbols: Uint16Array;
}

let canonical: CanonicalCode | undefined;

function buildCode(): CanonicalCode {
  const count = new Uint16Array(MAX_CODE_LENGTH + 1);
  for (const length of HUFFMAN_CODE_LENGTHS) count[length] = (count[length] as number) + 1;
  const first = new Uint32Array(MAX_CODE_LENGTH + 1);
  const start = new Uint16Array(MAX_CODE_LENGTH + 1);
  for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
    first[length] = ((first[length - 1] as number) + (count[length - 1] as number)) << 1;
    start[length] = (start[length - 1] as number) + (count[length - 1] as number);
  }
  const next = start.slice();
  const symbols = new Uint16Array(HUFFMAN_CODE_LENGTHS.length);
  HUFFMAN_CODE_LENGTHS.forEach((length, symbol) => {
    const place = next[length] as number;
    symbols[place] = symbol;
    next[length] = place + 1;
  });
  return { first, count, start, symbols };
}

function malformed(what: string): H3Error {
  return new H3Error('QPACK_DECOMPRESSION_FAILED', `Huffman string ${what}`);
}

/**
 * Decodes a Huffman-coded string (RFC 7541 §5.2). Throws H3Error (QPACK_DECOMPRESSION_FAILED) for the end-of-string
 * symbol in the data, and for padding that is longer than 7 bits or not all ones.
 */
export function huffmanDecode(bytes: Uint8Array): Uint8Array {
  canonical ??= buildCode();
  const { first, count, start, symbols } = canonical;
  // The shortest code has 5 bits.
  const decoded = new Uint8Array(Math.floor((bytes.length * 8) / 5));
  let size = 0;
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1);
      length++;
      const index = code - (first[length] as number);
      if (index >= 0 && index < (count[length] as number)) {
        const symbol = symbols[(start[length] as number) + index] as number;
        if (symbol === END_OF_STRING) throw malformed('holds the end-of-string symbol');
        decoded[size++] = symbol;
        code = 0;
        length = 0;
      }
    }
  }
  if (length > 7) throw malformed('has more than 7 bits of padding');
  if (code !== (1 << length) - 1) throw malformed('is padded with other bits than ones');
  return decoded.subarray(0, size);
}
