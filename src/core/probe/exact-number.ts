/** The largest variable-length integer of QUIC (RFC 9000 §16), which as a double rounds up. */
const LARGEST_VARINT = 2 ** 62;

/** A number of the peer's that a double can hold exactly, else text: `2^62-1` for the largest that QUIC has. */
export function exactNumber(value: number): number | string {
  if (Number.isSafeInteger(value)) return value;
  return value >= LARGEST_VARINT ? '2^62-1' : `about ${value.toExponential(3)}`;
}
