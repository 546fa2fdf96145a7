import { HTTP3_CODES, WEBTRANSPORT_CODES } from '../../../errors/codes/http3-codes.js';

/** What this side may send. */
export const H3_CODES = { ...HTTP3_CODES, ...WEBTRANSPORT_CODES };

export type H3CodeName = keyof typeof H3_CODES;

/** What an error takes down with it: the whole QUIC connection, or one stream (which for a CONNECT is its session). */
export type H3ErrorScope = 'connection' | 'stream';

/** The peer broke a rule of HTTP/3, QPACK or WebTransport; `codeName` is what it is told. */
export class H3Error extends Error {
  override readonly name = 'H3Error';
  readonly code: bigint;

  constructor(
    readonly codeName: H3CodeName,
    message: string,
    readonly scope: H3ErrorScope = 'connection',
  ) {
    super(message);
    this.code = BigInt(H3_CODES[codeName]);
  }
}
