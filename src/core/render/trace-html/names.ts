/** What numbers of the draft are called. The wire layer knows; the page asks through this. */
export interface TraceNames {
  /** `SUBSCRIBE_OK`; null when the draft has no such message. */
  message(type: bigint): string | null;
  /** Name of a code, and what it usually means in a sentence, which may be empty; null when unknown. */
  code(space: TraceCodeSpace, code: bigint): { readonly name: string; readonly meaning: string } | null;
}

export type TraceCodeSpace = 'session' | 'request-error' | 'publish-done' | 'stream-reset';

/** `0x1 CANCELLED`. */
export function codeText(names: TraceNames, space: TraceCodeSpace, code: bigint): string {
  const named = names.code(space, code);
  return `0x${code.toString(16)}${named === null ? '' : ` ${named.name}`}`;
}
