import type { ConnectOptions, HttpInfo, StageTiming, TransportSession } from '../../transport/transport.js';
import type { SetupOptions } from '../../wire/messages/parameters.js';
import type { MoqtSession, SessionHandlers, SessionLimits, SessionOptions } from '../session.js';

/**
 * `auto`: moqt:// is raw QUIC; https:// and http:// are WebTransport over HTTP/3, and over HTTP/2 (TCP) when UDP is refused or
 * silent for a third of the connect timeout. `webtransport` is HTTP/3 and nothing else, `webtransport-h2` HTTP/2.
 */
export type TransportChoice = 'auto' | 'quic' | 'webtransport' | 'webtransport-h2';

/** How the server's certificate is judged, and which one we show. Files are read before a packet is sent. */
export interface TrustSettings {
  /** PEM file, or its content, with the roots to trust instead of the system's. */
  readonly caFile?: string | undefined;
  readonly caPem?: string | undefined;
  /** SHA-256 of acceptable certificates (see parsePin); replaces chain and name. Not together with `insecure`. */
  readonly pins?: readonly Uint8Array[] | undefined;
  /** Accepts any certificate; warns. */
  readonly insecure?: boolean | undefined;
  /** SNI, and the name that is verified, instead of the URL's host. */
  readonly servername?: string | undefined;
  /** Client certificate and key, PEM files or their content; both or neither. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly certPem?: string | undefined;
  readonly keyPem?: string | undefined;
}

/** How packets reach the peer. */
export interface NetworkSettings {
  /** Local IP address to send from. */
  readonly bind?: string | undefined;
  /** `host:port` → addresses, used instead of DNS. */
  readonly resolve?: ReadonlyMap<string, readonly string[]> | undefined;
  readonly family?: 4 | 6 | undefined;
  /** PING interval, ms; 0 disables. Default: a third of the idle timeout. */
  readonly keepAliveMs?: number | undefined;
  readonly congestionControl?: 'cubic' | 'bbr' | 'reno' | undefined;
  /** Few packets are to come: spares the load of the code that moves many at once. Has no effect on what is sent. */
  readonly fewPackets?: boolean | undefined;
  /** Extra headers of the WebTransport CONNECT request. */
  readonly headers?: readonly (readonly [string, string])[] | undefined;
  /** File that TLS secrets are appended to; default `SSLKEYLOGFILE` of the environment. */
  readonly keylogFile?: string | undefined;
  /** Receive windows in bytes, and streams the peer may have open; defaults are the transport's. */
  readonly streamWindow?: number | undefined;
  readonly connectionWindow?: number | undefined;
  readonly maxIncomingUni?: number | undefined;
  readonly maxIncomingBidi?: number | undefined;
}

/** Milliseconds; 0 is none. */
export interface ConnectTimeouts {
  /** Bootstrap, DNS, QUIC (or TCP and TLS) and WebTransport together, and a fallback from one to the other. */
  readonly connectMs: number;
  readonly setupMs: number;
  readonly requestMs: number;
  /** QUIC's idle timeout; on HTTP/2 the same, by PING. */
  readonly idleMs: number;
  readonly closeMs: number;
}

export const DEFAULT_TIMEOUTS: ConnectTimeouts = {
  connectMs: 5_000,
  setupMs: 5_000,
  requestMs: 10_000,
  idleMs: 30_000,
  closeMs: 2_000,
};

/** How a session is opened; everything has a default. */
export interface ConnectSettings {
  /** Drafts offered, by number, the most preferred first; one pins it. Default: all that are supported. */
  readonly drafts?: readonly string[] | undefined;
  /** Default `auto`. */
  readonly transport?: TransportChoice | undefined;
  readonly trust?: TrustSettings | undefined;
  readonly network?: NetworkSettings | undefined;
  readonly timeouts?: Partial<ConnectTimeouts> | undefined;
  /** Added to what SETUP carries anyway: tokens, the token cache, a path or authority of one's own. */
  readonly setup?: SetupOptions | undefined;
  readonly handlers?: SessionHandlers | undefined;
  readonly limits?: Partial<SessionLimits> | undefined;
  /** Sees all that is sent and received, and the stages before: for traces. */
  readonly sessionObserver?: SessionOptions['observer'];
  /** Sees every control message, both ways, with its raw bytes. */
  readonly onControlMessage?: SessionOptions['onControlMessage'];
  /** Called for every warning as it arises; they are in the report too. */
  readonly onWarning?: ((warning: ConnectWarning) => void) | undefined;
  /** Called as each stage ends, so that the times are known when a later one fails. */
  readonly onStage?: ((stage: ConnectStage) => void) | undefined;
  /** Told what is seen while the transport connects, for diagnosis. Must not throw. */
  readonly observer?: ConnectOptions['observer'];
  readonly signal?: AbortSignal | undefined;
  /** For SSL_CERT_FILE, NODE_EXTRA_CA_CERTS and SSLKEYLOGFILE; default the process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Something that a person must be told about how this session came about. */
export interface ConnectWarning {
  readonly kind: /** The certificate was not verified. */
    | 'insecure'
    /** The pin came over plain HTTP from another machine. */
    | 'bootstrap'
    /** The peer did not say which draft it speaks. */
    | 'draft-assumed'
    /** Roots that were named in the environment could not be used. */
    | 'roots'
    /** A setting has no effect on this transport. */
    | 'ignored-setting'
    /** UDP did not get through: the session is WebTransport over HTTP/2. */
    | 'h2-fallback';
  readonly message: string;
}

/** One finished stage; monotonic milliseconds since connect() was called. */
export interface ConnectStage {
  /** `udp`: HTTP/3 was tried for so long, then given up for HTTP/2. */
  readonly stage: 'bootstrap' | 'udp' | StageTiming['stage'] | 'setup';
  readonly startMs: number;
  readonly endMs: number;
  readonly detail?: string;
}

/** How the session came about. */
export interface ConnectionReport {
  /** Redacted. */
  readonly url: string;
  /** Host and port that were asked for. */
  readonly peer: string;
  readonly transport: TransportSession['kind'];
  /** WebTransport over HTTP/2: which reading of its draft the peer follows; null on other transports. */
  readonly dialect: NonNullable<HttpInfo['dialect']> | null;
  /** Drafts offered, in order, and the one in use. */
  readonly offered: readonly string[];
  readonly draft: string;
  /** ALPN or WT-Protocol; empty when the peer chose none. */
  readonly protocol: string;
  /** How the certificate was judged; with `chain`, where the roots came from. */
  readonly verified: 'chain' | 'pin' | 'none';
  readonly roots: string | null;
  readonly stages: readonly ConnectStage[];
  readonly totalMs: number;
  readonly warnings: readonly ConnectWarning[];
}

/** A session together with the report on how it came about. */
export type ConnectedSession = MoqtSession & { readonly connection: ConnectionReport };
