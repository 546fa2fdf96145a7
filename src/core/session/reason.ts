import { utf8 } from '../util/bytes.js';

/** Bytes of a Reason Phrase (draft-18 §1.4.4). */
const MAX_REASON_BYTES = 1024;

/** The text, cut where it would be longer than a Reason Phrase may be; never within a character. */
export function cutReason(text: string, maxBytes = MAX_REASON_BYTES): string {
  if (utf8(text).length <= maxBytes) return text;
  let cut = '';
  let length = 0;
  for (const character of text) {
    length += utf8(character).length;
    if (length > maxBytes) break;
    cut += character;
  }
  return cut;
}
