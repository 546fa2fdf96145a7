/** What `connect --json` prints: how a session came about and what the peer said of itself. See schemas/connect.json. */
export interface ConnectionRecord {
  readonly url: string;
  readonly peer: string;
  readonly transport: string;
  /** WebTransport over HTTP/2: the dialect of its draft; else null. */
  readonly dialect: string | null;
  readonly draft: string;
  readonly offered: readonly string[];
  readonly protocol: string;
  readonly verified: 'chain' | 'pin' | 'none';
  readonly roots: string | null;
  readonly address: { readonly local: string; readonly remote: string };
  readonly stages: readonly {
    readonly stage: string;
    readonly startMs: number;
    readonly endMs: number;
    readonly detail?: string;
  }[];
  readonly totalMs: number;
  readonly setupMs: number;
  readonly rttMs: number | null;
  readonly peerSetup: {
    readonly implementation: string | null;
    readonly maxRequestId: string | null;
    readonly maxAuthTokenCacheSize: string | null;
    readonly unknownOptions: readonly { readonly type: string; readonly value: string }[];
  };
  readonly maxDatagramSize: number | null;
  readonly certificate: CertificateRecord | null;
  readonly warnings: readonly { readonly kind: string; readonly message: string }[];
}

export interface CertificateRecord {
  readonly subject: string;
  readonly issuer: string;
  readonly names: string | null;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Lower-case hex of the DER. */
  readonly sha256: string;
  readonly chainLength: number;
}
