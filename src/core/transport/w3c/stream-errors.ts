import { shownStreamCode } from '../webtransport/stream-codes.js';

type ErrorConstructor = new (...parameters: unknown[]) => { readonly streamErrorCode?: number | null };

/** Application codes have 32 bits. Throws RangeError beyond. */
export function checkCode(code: bigint): number {
  if (code < 0n || code > 0xffff_ffffn) throw new RangeError(`WebTransport codes have 32 bits: ${code}`);
  return Number(code);
}

/**
 * What abort() and cancel() take for RESET_STREAM and STOP_SENDING with a code: a WebTransportError of this runtime. Some
 * constructors take the older single dictionary, and some implementations have no such class and look at `code`.
 */
export function streamErrorWith(code: number): unknown {
  const { WebTransportError } = globalThis as { WebTransportError?: ErrorConstructor };
  if (WebTransportError !== undefined) {
    const options = { source: 'stream', streamErrorCode: code };
    for (const parameters of [['', options], [options]]) {
      try {
        const error = new WebTransportError(...parameters);
        if (error.streamErrorCode === code) return error;
      } catch {
        // Not the form that this runtime has, or not a code that fits its own.
      }
    }
  }
  return Object.assign(new Error(`stream error 0x${code.toString(16)}`), {
    source: 'stream',
    streamErrorCode: code,
    code,
  });
}

/** `@fails-components/webtransport` 1.6 has the code in the message only, and so has Deno 2.9: wrapped, as it was on the wire. */
const TOLD =
  /^(?:(?:Resetstream|StopSending) with code:|(?:stream reset|sending stopped) by peer: error )(?<code>[0-9]{1,16})$/;

/**
 * The code of the peer's RESET_STREAM or STOP_SENDING in the error that a stream failed with; null when it failed for another
 * reason.
 */
export function streamErrorCodeOf(error: unknown): bigint | null {
  const { source, streamErrorCode, message } = (error ?? {}) as {
    source?: unknown;
    streamErrorCode?: unknown;
    message?: unknown;
  };
  if (source === 'session') return null;
  if (typeof streamErrorCode === 'number' && Number.isSafeInteger(streamErrorCode)) return BigInt(streamErrorCode);
  const told = typeof message === 'string' ? TOLD.exec(message)?.groups?.code : undefined;
  return told === undefined ? null : shownStreamCode(BigInt(told));
}
