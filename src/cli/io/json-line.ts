/** Keys whose numbers are milliseconds: `ms`, `totalMs`. */
const MILLISECONDS = /^ms$|Ms$/;

/**
 * A document or event as one line of JSON: 64-bit integers are strings, and times are whole microseconds, because what a
 * difference of clocks has beyond them is noise.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (typeof inner === 'bigint') return inner.toString();
    return typeof inner === 'number' && MILLISECONDS.test(key) ? Math.round(inner * 1000) / 1000 : inner;
  });
}
