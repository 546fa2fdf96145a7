// Text and numbers as people read them.

export const encoder = new TextEncoder();
/** Wall clock in ms, finer than Date.now(). */
export const now = () => performance.timeOrigin + performance.now();

export const decimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** @param {number} bytes */
export function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit++) bytes /= 1024;
  return `${decimal.format(bytes)} ${units[unit]}`;
}

/** @param {number} ms */
export function duration(ms) {
  if (Math.abs(ms) < 1) return `${Math.round(ms * 1000)} µs`;
  const [value, unit] =
    Math.abs(ms) < 1000 ? /** @type {const} */ ([ms, 'ms']) : /** @type {const} */ ([ms / 1000, 's']);
  return `${decimal.format(Math.abs(value) < 10 ? value : Math.round(value))} ${unit}`;
}

/**
 * What kind of picture the payload begins like; null for anything else.
 * @param {Uint8Array} bytes
 */
export function pictureKind(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'JPEG';
  return bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47 ? 'PNG' : null;
}

/**
 * The beginning of a payload in one line; bytes that are not text in hex. Nothing in it can reorder what is around it.
 * @param {Uint8Array} bytes
 */
export function preview(bytes) {
  const kind = pictureKind(bytes);
  if (kind !== null) return `${kind} picture`;
  const head = bytes.subarray(0, 120);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`) || '(empty)';
  } catch {
    return hex(head.subarray(0, 24)).join(' ');
  }
}

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));

/**
 * A word as shells take it.
 * @param {string} word
 */
export const shell = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
