import type { X509Certificate } from 'node:crypto';
import type { Verify } from '../certs/trust.js';

/** A resolved place to connect to. `host` is a DNS name or an IP literal without brackets. */
export interface Target {
  readonly host: string;
  /** 1…65535. */
  readonly port: number;
  /** Path and query for WebTransport's CONNECT, with its leading `/`; unused on raw QUIC. */
  readonly path: string;
}

export interface ConnectOptions {
  /**
   * Application protocols in order of preference: the ALPN list on raw QUIC, `WT-Available-Protocols` on WebTransport
   * (where an empty list sends no header).
   */
  readonly alpn: readonly string[];
  readonly verify: Verify;
  /** SNI and the name that is verified, instead of `target.host`. */
  readonly servername?: string | undefined;
  /** Client certificate and key, PEM. */
  readonly certPem?: string | undefined;
  readonly keyPem?: string | undefined;
  /** Local IP address to bind. */
  readonly bind?: string | undefined;
  /** `host:port` → addresses, consulted before DNS (curl's --resolve). */
  readonly resolve?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Restricts the address family. */
  readonly family?: 4 | 6 | undefined;
  /** Deadline for DNS + QUIC (or TCP + TLS) + WebTransport, ms; 0 is none. */
  readonly connectTimeoutMs: number;
  /**
   * QUIC gives up with `udp.no-answer` when nothing at all has come back for so long since its first packet, ms. Absent: it
   * goes on until the deadline.
   */
  readonly silenceTimeoutMs?: number | undefined;
  /** QUIC idle timeout, ms; 0 is none. */
  readonly idleTimeoutMs: number;
  /** PING interval, ms; 0 disables. Default: a third of the idle timeout. */
  readonly keepAliveMs?: number | undefined;
  readonly congestionControl?: 'cubic' | 'bbr' | 'reno' | undefined;
  /** QUIC: few packets are to come, so that the code that moves many at once need not be loaded. */
  readonly fewPackets?: boolean | undefined;
  /** Streams the peer may have open towards us. */
  readonly maxIncomingUni?: number | undefined;
  readonly maxIncomingBidi?: number | undefined;
  /** Receive windows in bytes. */
  readonly streamWindow?: number | undefined;
  readonly connectionWindow?: number | undefined;
  /** Extra CONNECT request headers (WebTransport). */
  readonly headers?: readonly (readonly [string, string])[] | undefined;
  /** File that TLS secrets are appended to (NSS key log format). */
  readonly keylogFile?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called as each stage of connecting ends. */
  readonly onStage?: ((timing: StageTiming) => void) | undefined;
  /** Told what is seen on the way, for diagnosis. Must not throw. */
  readonly observer?: ((event: ConnectEvent) => void) | undefined;
}

/** What is seen while a connection comes about; `address` is the IP address of the attempt, of which several may run. */
export type ConnectEvent =
  /** Packets begin to be sent there. */
  | { readonly kind: 'attempt'; readonly address: string }
  /** The first datagram came back, whatever it holds; over TCP: connected. */
  | { readonly kind: 'answer'; readonly address: string }
  /** The first valid QUIC packet came back. */
  | { readonly kind: 'packet'; readonly address: string }
  /** The server demanded Retry for the `count`th time. */
  | { readonly kind: 'retry'; readonly address: string; readonly count: number }
  /** Version Negotiation without a version of ours. */
  | { readonly kind: 'versions'; readonly address: string; readonly versions: readonly number[] }
  /** The server's chain, leaf first, before it is judged: seen also when it is refused then. */
  | { readonly kind: 'certificates'; readonly address: string; readonly chain: readonly X509Certificate[] }
  /** The handshake is done and the chain accepted; `protocol` is the ALPN, `maxUdpPayload` the largest packet the peer takes. */
  | {
      readonly kind: 'established';
      readonly address: string;
      readonly protocol: string;
      /** Bytes; absent over TCP. */
      readonly maxUdpPayload?: number;
    }
  /** SETTINGS of HTTP/3 or HTTP/2, by identifier. */
  | { readonly kind: 'settings'; readonly settings: ReadonlyMap<number, number> }
  /** The final response to the WebTransport CONNECT. */
  | { readonly kind: 'response'; readonly status: number; readonly headers: ReadonlyMap<string, string> };

/** One finished stage of connecting; times are monotonic milliseconds relative to the start of connect(). */
export interface StageTiming {
  readonly stage: 'dns' | 'quic' | 'tcp' | 'tls' | 'http2' | 'webtransport';
  readonly startMs: number;
  readonly endMs: number;
  /** For example the addresses that DNS gave, or the one that answered. */
  readonly detail?: string;
}

export interface ListenOptions {
  /** IP address to bind. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly certPem: string;
  readonly keyPem: string;
  /** ALPNs accepted, the most preferred first. */
  readonly alpn: readonly string[];
  readonly idleTimeoutMs: number;
  readonly maxIncomingUni?: number;
  readonly maxIncomingBidi?: number;
  readonly streamWindow?: number;
  readonly connectionWindow?: number;
  readonly congestionControl?: 'cubic' | 'bbr' | 'reno';
  /** Open connections beyond which new ones are refused (counted). */
  readonly maxConnections?: number;
  /** Half-open connections beyond which Retry is demanded. */
  readonly retryAbove?: number;
  readonly keylogFile?: string;
  /** QUIC: takes 0-RTT, which whoever has seen it can send again (RFC 9001 §9.2). Default: refused. */
  readonly earlyData?: boolean;
  /** PEM bundle that client certificates are verified against; absent: none is asked for. */
  readonly clientCaPem?: string;
  /** QUIC: stands between the socket and the connections, to misbehave on purpose. */
  readonly packetFilter?: PacketFilter;
  /** QUIC: what the layers above get instead of a connection whose handshake is done, to misbehave on purpose. */
  readonly wrapConnection?: (connection: TransportSession) => TransportSession;
}

/** Sees every packet of a UDP socket. A packet given to it is its own; what it does not pass on is lost. */
export interface PacketFilter {
  /** `next` lets a packet through, now or later; `reply` sends one back to where this one came from. */
  incoming(packet: Uint8Array, next: (packet: Uint8Array) => void, reply: (packet: Uint8Array) => void): void;
  outgoing(packet: Uint8Array, next: (packet: Uint8Array) => void): void;
}

/** IP address, without brackets, and UDP port. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/** How a transport session ended. */
export interface CloseInfo {
  /** `error`: the transport failed underneath us (socket error, internal error). */
  readonly by: 'local' | 'peer' | 'idle' | 'error';
  /** True for an application (MoQT) code, false for a QUIC, HTTP/3 or TLS one. */
  readonly isApplication: boolean;
  /** Unwrapped code: on WebTransport the code of the close capsule. */
  readonly code: bigint;
  readonly reason: string;
  /** TLS alert name when the QUIC code was a CRYPTO_ERROR, for example `no_application_protocol`. */
  readonly tlsAlert?: string;
  /** WebTransport over HTTP/3: text that the peer sent where only capsules belong, and in which its close was lost. */
  readonly strayText?: string;
}

/** Figures of the connection so far; null where the transport cannot tell. Times in ms. */
export interface SessionStats {
  readonly rttMs: number | null;
  readonly minRttMs: number | null;
  readonly lostPackets: number;
  readonly sentPackets: number;
  readonly receivedPackets: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly congestionWindow: number | null;
  readonly retransmittedPackets: number;
  /** Datagrams that arrived and were dropped for want of a reader, where the transport counts them. */
  readonly droppedDatagrams?: number | undefined;
  /** QUIC: how packets reach the socket, one by one or in batches, and why not in batches. */
  readonly packetIo?: 'dgram' | 'batched' | undefined;
  readonly packetIoFallback?: string | undefined;
  /** QUIC: largest UDP payload sent now. */
  readonly packetSize?: number | undefined;
  /** QUIC: the transport parameters that the peer declared, by the names of RFC 9000 §18.2. */
  readonly peerParameters?: Readonly<Record<string, number | boolean | null>> | undefined;
}

/** The delivery knowledge that a transport has: only raw QUIC's uni streams learn of acknowledgement. */
export type Delivery = 'acknowledged' | 'handed-over';

/** The sending side of a stream. */
export interface SendStream {
  readonly id: bigint;
  /**
   * Queues `bytes`, which must not be changed afterwards. Returns nothing when the transport took them all at once,
   * otherwise a promise that resolves when the queue has drained (backpressure). Rejects with StreamStopped or SessionClosed.
   */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Several buffers as one write, without concatenating them first where the transport can. */
  writev(chunks: readonly Uint8Array[]): Promise<void> | undefined;
  /** Ends the stream with FIN after what was queued. */
  end(): void;
  /** RESET_STREAM with an application code (0 … 2^53−1; 32 bits on WebTransport). Discards what is queued. Idempotent. */
  reset(code: bigint): void;
  /** Resolves with the peer's STOP_SENDING code; never rejects, and may never resolve. */
  readonly stopped: Promise<bigint>;
  /** Resolves after FIN was acknowledged, or handed over where the transport cannot know; rejects when reset or closed. */
  delivered(): Promise<Delivery>;
  /** 0 (highest) … 255 (lowest), as MoQT priorities; best effort. */
  priority(urgency: number): void;
  /** Bytes queued in this process and not yet taken by the transport. */
  readonly queuedBytes: number;
}

/** The receiving side of a stream. */
export interface RecvStream {
  readonly id: bigint;
  /**
   * The next bytes, or null after FIN. Rejects with StreamReset or SessionClosed. The buffer belongs to the caller.
   * Nothing is read from the transport until this is called: that is the backpressure.
   */
  read(): Promise<Uint8Array | null>;
  /**
   * FIN has come and nothing is left before it: the next read gives null without waiting. What it is good for: an end that
   * is passed on together with the last bytes needs no frame of its own. False as long as the transport cannot tell.
   */
  readonly atEnd: boolean;
  /** STOP_SENDING with an application code. Idempotent; pending and later reads give null. */
  stop(code: bigint): void;
}

/** A stream with both sides. */
export interface BidiStream {
  readonly id: bigint;
  readonly send: SendStream;
  readonly recv: RecvStream;
}

/** One transport session: a raw QUIC connection or a WebTransport session. */
export interface TransportSession {
  readonly kind: 'quic' | 'webtransport' | 'webtransport-h2' | 'memory';
  /** ALPN or WT-Protocol; empty when the peer chose none (WebTransport). */
  readonly protocol: string;
  readonly remote: Address;
  readonly local: Address;
  /** Leaf first; empty where the transport cannot tell. */
  peerCertificates(): readonly X509Certificate[];
  /** Waits for stream credit; rejects with SessionClosed, or with the signal's reason. Streams open in call order. */
  openUni(options?: { signal?: AbortSignal }): Promise<SendStream>;
  /** As openUni. */
  openBidi(options?: { signal?: AbortSignal }): Promise<BidiStream>;
  /** A uni stream if credit allows right now, else null. */
  tryOpenUni(): SendStream | null;
  /**
   * Streams that the peer opens, in the order they arrive. Set once; streams that came earlier are delivered at once.
   * The handler must not throw.
   */
  onIncomingUni(handler: (stream: RecvStream) => void): void;
  /** As onIncomingUni. */
  onIncomingBidi(handler: (stream: BidiStream) => void): void;
  /** Datagrams, as they arrive. Set once. The handler must not throw. */
  onDatagram(handler: (bytes: Uint8Array) => void): void;
  /** WebTransport's DRAIN capsule; never called on raw QUIC. */
  onDrain(handler: () => void): void;
  /** Never throws: `full` when the queue is, and after the session closed. `too-large` also when the peer takes no datagrams. */
  sendDatagram(bytes: Uint8Array): 'queued' | 'full' | 'too-large';
  /** Payload bytes that fit a datagram now; null when the peer does not take datagrams. */
  readonly maxDatagramSize: number | null;
  /** The figures of now. */
  stats(): SessionStats;
  /** WebTransport: asks the peer to finish up, by the DRAIN capsule. Absent where there is no such thing. */
  drain?(): void;
  /**
   * Waits until what streams were ended with has been delivered, at most `deadlineMs`. close() begins with this itself;
   * it is for what sends its own goodbye first. Absent where bytes are never queued.
   */
  finishEnds?(deadlineMs: number): Promise<void>;
  /** Closes with an application code; resolves when the transport has let go, at the latest after `deadlineMs`. */
  close(code: bigint, reason: string, deadlineMs?: number): Promise<void>;
  /**
   * QUIC clients: goes on from another local port, as after a change of network (RFC 9000 §9). Resolves once packets leave from
   * there; whether the peer followed shows in its answers. Rejects with Error when it gave no spare connection ID, or the
   * system no socket. Absent elsewhere.
   */
  migrate?(): Promise<void>;
  /** QUIC clients: whether the server resumes this session in another one, and takes 0-RTT there. Absent elsewhere. */
  tryEarlyData?(): Promise<EarlyDataTrial>;
  /** QUIC: ends the connection at once with a transport error code, not an application's. Absent elsewhere. */
  abort?(code: number): void;
  /** Resolves once, however the session ends; never rejects. */
  readonly closed: Promise<CloseInfo>;
  /** WebTransport: the response's status and headers (client) or the request's path and headers (server). */
  readonly http?: HttpInfo | undefined;
}

/** What came of trying 0-RTT (RFC 9001 §4.6); each is false when the one before it is. */
export interface EarlyDataTrial {
  /** The server gave a session ticket. */
  readonly ticket: boolean;
  /** It took the ticket: no certificates were sent the second time. */
  readonly resumed: boolean;
  /** The ticket allows 0-RTT, and a packet of it was sent. */
  readonly offered: boolean;
  /** The server acknowledged that packet. */
  readonly accepted: boolean;
}

/** The HTTP exchange that opened a WebTransport session. */
export interface HttpInfo {
  readonly path: string;
  readonly authority: string;
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** WebTransport over HTTP/2: the dialect that the peer's SETTINGS decided on. */
  readonly dialect?: 'draft' | 'fails-components' | undefined;
}

export interface Transport {
  connect(target: Target, options: ConnectOptions): Promise<TransportSession>;
}

/** A server's answer to a WebTransport CONNECT: accept with a protocol (or none), or refuse with an HTTP status. */
export type ConnectDecision =
  | {
      readonly accept: true;
      readonly protocol: string | null;
      readonly headers?: readonly (readonly [string, string])[];
    }
  | { readonly accept: false; readonly status: number; readonly headers?: readonly (readonly [string, string])[] };

export interface ConnectRequest {
  readonly path: string;
  readonly authority: string;
  readonly headers: ReadonlyMap<string, string>;
  /** From `WT-Available-Protocols`; empty when absent. */
  readonly availableProtocols: readonly string[];
  readonly remote: Address;
}

export interface Listener {
  readonly address: Address;
  /** Connections refused by caps, half-open now, open now, packets dropped … by name. */
  counters(): Readonly<Record<string, number>>;
  /** Stops accepting; existing sessions live on unless `closeSessions`. */
  close(options?: { closeSessions?: { code: bigint; reason: string } }): Promise<void>;
}
