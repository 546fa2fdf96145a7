/** Largest application code that every transport carries: a safe integer, which covers all wrapped WebTransport codes. */
export const MAX_APPLICATION_CODE = 2n ** 53n - 1n;

/** The code as a number. Throws RangeError outside 0 … 2^53−1: that is a defect of the caller, never of the peer. */
export function applicationCode(code: bigint): number {
  if (code < 0n || code > MAX_APPLICATION_CODE) throw new RangeError(`code ${code} is not within 0 … 2^53-1`);
  return Number(code);
}
