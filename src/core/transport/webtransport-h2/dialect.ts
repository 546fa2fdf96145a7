export type DialectName = 'draft' | 'fails-components';

/** Where implementations of WebTransport over HTTP/2 differ. */
export interface Dialect {
  readonly name: DialectName;
  /** Low bit of the IDs of streams that a client opens; the server's have the other value. */
  readonly clientBit: 0 | 1;
  /** WT_RESET_STREAM ends with a Reliable Size. Either form is accepted. */
  readonly reliableSize: boolean;
  /**
   * Stream states are kept strictly: STOP_SENDING is answered, and nothing follows FIN or reset. Otherwise a stopped stream
   * counts as over at once, what still comes on streams that are over is dropped, and so are limits that a peer sets for the
   * uni streams that it sends on.
   */
  readonly strictStates: boolean;
  /**
   * The peer's parser handles only capsules up to this value length as a whole whatever the pieces they arrive in; of longer
   * ones it loses the FIN and, on stream 0, the data behind the first piece. Null: no such limit.
   */
  readonly wholeCapsuleBytes: number | null;
  /** The server may write WT-Protocol without the quotes of a String. */
  readonly bareProtocol: boolean;
  /** Capsule types of WT_STREAMS_BLOCKED. */
  readonly streamsBlocked: { readonly uni: number; readonly bidi: number };
}

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  // draft-ietf-webtrans-http2-11, §5.2, §6.2, §6.10
  draft: {
    name: 'draft',
    clientBit: 0,
    reliableSize: true,
    strictStates: true,
    wholeCapsuleBytes: null,
    bareProtocol: false,
    streamsBlocked: { bidi: 0x190b4d43, uni: 0x190b4d44 },
  },
  // @fails-components/webtransport 1.6
  'fails-components': {
    name: 'fails-components',
    clientBit: 1,
    reliableSize: false,
    strictStates: false,
    wholeCapsuleBytes: 64,
    bareProtocol: true,
    streamsBlocked: { uni: 0x190b4d43, bidi: 0x190b4d44 },
  },
};
