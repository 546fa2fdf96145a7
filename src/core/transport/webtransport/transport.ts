import type { ConnectOptions, Target, Transport, TransportSession } from '../transport.js';
import { openWebTransport } from './client.js';
import { sessionRequest } from './session-request.js';

/** HTTP/3's control stream and its two QPACK streams, and one for the application. */
const MIN_INCOMING_UNI = 4;

/** WebTransport over HTTP/3 on our own QUIC. */
export const webtransportTransport: Transport = { connect };

/**
 * QUIC with the ALPN h3, then an extended CONNECT for `target.path`. `options.alpn` is what `WT-Available-Protocols`
 * offers; `options.headers` go with the request. `maxIncomingUni` counts HTTP/3's own streams (three at most) too.
 * Rejects with MoqtError, or with the signal's reason.
 */
async function connect(target: Target, options: ConnectOptions): Promise<TransportSession> {
  const start = performance.now();
  // What cannot be asked for is refused before a packet is sent.
  const request = sessionRequest(target, options);
  const { quicTransport } = await import('../quic/client/connect.js');
  const quic = await quicTransport.connect(target, {
    ...options,
    alpn: ['h3'],
    maxIncomingUni: atLeast(options.maxIncomingUni, MIN_INCOMING_UNI),
  });
  const startMs = performance.now() - start;
  const timeoutMs = options.connectTimeoutMs === 0 ? 0 : Math.max(1, options.connectTimeoutMs - startMs);
  const session = await openWebTransport(quic, request, {
    timeoutMs,
    signal: options.signal,
    observer: options.observer,
  });
  const detail = session.protocol === '' ? undefined : session.protocol;
  options.onStage?.({ stage: 'webtransport', startMs, endMs: performance.now() - start, detail });
  return session;
}

function atLeast(value: number | undefined, min: number): number | undefined {
  return value === undefined ? undefined : Math.max(value, min);
}
