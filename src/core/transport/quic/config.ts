import { checkKeyPair, materialError } from '../tls-material.js';
import type { ConnectOptions, ListenOptions } from '../transport.js';
import { CONNECTION_ID_LIMIT } from './connection-ids.js';
import { errorText, type NativeConfig, type Quiche } from './native.js';
import { largestPacketTo } from './packets/packet-size.js';

export interface TlsMaterial {
  /** Trusted roots, PEM; null leaves the peer unverified by the TLS library. */
  readonly caPem: string | null;
  /** The peer's certificate is asked for and accepted whatever it is: the decision is made in handshake-trust.ts. */
  readonly acceptAny: boolean;
  readonly certPem?: string | undefined;
  readonly keyPem?: string | undefined;
}

export interface QuicSettings {
  readonly alpn: readonly string[];
  /** ms, 0 is none. */
  readonly idleTimeoutMs: number;
  readonly maxIncomingUni: number;
  readonly maxIncomingBidi: number;
  /** Bytes of one stream that we take without the application reading them. */
  readonly streamWindow: number;
  /** The same for the connection; undefined leaves it to the streams' windows, see DEFAULT_CONNECTION_WINDOW. */
  readonly connectionWindow: number | undefined;
  readonly congestionControl: 'cubic' | 'bbr' | 'reno';
  readonly keylog: boolean;
  /** 0-RTT: taken by a server, offered by a client with the ticket of a session before. */
  readonly earlyData?: boolean | undefined;
}

const DEFAULT_MAX_INCOMING_UNI = 1000;
const DEFAULT_MAX_INCOMING_BIDI = 1000;
/**
 * What one stream may bring before anybody reads it: a group of 256 KiB with its headers, which then never waits for a
 * round trip. A longer stream that is read goes on from 32 KiB by doubling, once a round trip: the library begins anew
 * with every stream. The connection's window does not close (see below), so this is what stops a sender: as many streams
 * as the peer may open, each with its window full, stay below what may wait unread in all.
 */
export const DEFAULT_STREAM_WINDOW = 262 << 10;
const MAX_STREAM_WINDOW = 16 << 20;
/**
 * By default the connection's window never closes. The library counts what a reset stream still owed as unread for ever:
 * with a finite window every reset narrows it, until the peer may send nothing at all and the connection hangs.
 * QuicConnection bounds what waits unread instead.
 */
const DEFAULT_CONNECTION_WINDOW = 2 ** 52;
/**
 * Datagrams that the library holds: a full sending queue is told to the sender, while of a full receiving queue the oldest
 * are dropped, so that one holds what a single turn can bring.
 */
const DATAGRAM_SEND_QUEUE = 1024;
const DATAGRAM_RECEIVE_QUEUE = 8192;
/** Told to the peer; the batched packet path has room for no more. */
const MAX_RECEIVED_PACKET = 16_384;

/** The settings of a client or server, with the defaults for what its options leave open. */
export function quicSettings(options: ConnectOptions | ListenOptions): QuicSettings {
  return {
    alpn: options.alpn,
    idleTimeoutMs: options.idleTimeoutMs,
    maxIncomingUni: options.maxIncomingUni ?? DEFAULT_MAX_INCOMING_UNI,
    maxIncomingBidi: options.maxIncomingBidi ?? DEFAULT_MAX_INCOMING_BIDI,
    streamWindow: options.streamWindow ?? DEFAULT_STREAM_WINDOW,
    connectionWindow: options.connectionWindow,
    congestionControl: options.congestionControl ?? 'cubic',
    keylog: options.keylogFile !== undefined,
    earlyData: 'earlyData' in options && options.earlyData === true,
  };
}

/** The settings for a connection to `host`, an IP address. */
export type ConfigFor = (host: string) => NativeConfig;

/**
 * Settings in the library's form, made on first use for each kind of path: the library reckons its congestion window in
 * packets of the largest size, and with that of loopback it would flood a real network.
 * Throws MOQT_E_LOCAL_IO for a certificate or key that cannot be used.
 */
export function configFor(quiche: Quiche, tls: TlsMaterial, settings: QuicSettings): ConfigFor {
  const bySize = new Map<number, NativeConfig>();
  return (host) => {
    const size = largestPacketTo(host);
    let config = bySize.get(size);
    if (config === undefined) {
      config = buildConfig(quiche, tls, settings, size);
      bySize.set(size, config);
    }
    return config;
  };
}

function buildConfig(quiche: Quiche, tls: TlsMaterial, settings: QuicSettings, maxPacketSize: number): NativeConfig {
  const config = createConfig(quiche, tls);
  config.setApplicationProtos([...settings.alpn]);
  config.setMaxIdleTimeout(settings.idleTimeoutMs);
  config.setMaxRecvUdpPayloadSize(MAX_RECEIVED_PACKET);
  config.setMaxSendUdpPayloadSize(maxPacketSize);
  const connectionWindow = settings.connectionWindow ?? DEFAULT_CONNECTION_WINDOW;
  config.setInitialMaxData(connectionWindow);
  config.setMaxConnectionWindow(connectionWindow);
  config.setInitialMaxStreamDataBidiLocal(settings.streamWindow);
  config.setInitialMaxStreamDataBidiRemote(settings.streamWindow);
  config.setInitialMaxStreamDataUni(settings.streamWindow);
  config.setMaxStreamWindow(Math.max(settings.streamWindow, MAX_STREAM_WINDOW));
  config.setInitialMaxStreamsUni(settings.maxIncomingUni);
  config.setInitialMaxStreamsBidi(settings.maxIncomingBidi);
  config.enableDgram(true, DATAGRAM_RECEIVE_QUEUE, DATAGRAM_SEND_QUEUE);
  config.setCcAlgorithmName(settings.congestionControl);
  // The library only computes when to send; without timers finer than a millisecond that would cost throughput.
  config.enablePacing(false);
  config.setActiveConnectionIdLimit(CONNECTION_ID_LIMIT);
  if (settings.keylog) config.logKeys();
  if (settings.earlyData === true) config.enableEarlyData();
  return config;
}

function createConfig(quiche: Quiche, tls: TlsMaterial): NativeConfig {
  const verify = tls.acceptAny || tls.caPem !== null;
  try {
    // The library takes a key that does not fit and fails in every handshake.
    checkKeyPair(tls.certPem, tls.keyPem);
    return quiche.Config.withBoringSslCtx(
      verify,
      tls.acceptAny,
      tls.caPem === null ? null : Buffer.from(tls.caPem),
      tls.keyPem === undefined ? null : [Buffer.from(tls.keyPem)],
      tls.certPem === undefined ? null : [Buffer.from(tls.certPem)],
      null,
    );
  } catch (origin) {
    throw materialError(errorText(origin), origin);
  }
}
