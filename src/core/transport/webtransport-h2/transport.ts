import { hostPort, toAddress } from '../address.js';
import { resolveHost } from '../resolve-host.js';
import type { ConnectOptions, Target, Transport, TransportSession } from '../transport.js';
import { trustPolicy } from '../trust-policy.js';
import { sessionRequest } from '../webtransport/session-request.js';
import { openWebTransportH2 } from './client.js';
import { connectTcp } from './tcp.js';
import { clientContext, secure } from './tls.js';

/** WebTransport over HTTP/2 on TCP and TLS, for networks that drop UDP. */
export const webtransportH2Transport: Transport = { connect };

/**
 * TCP, TLS with the ALPN h2, the decision on the server's certificate, then an extended CONNECT for `target.path`.
 * `options.alpn` is what `WT-Available-Protocols` offers. Rejects with MoqtError, or with the signal's reason.
 */
async function connect(target: Target, options: ConnectOptions): Promise<TransportSession> {
  const start = performance.now();
  const elapsed = (): number => performance.now() - start;
  const { connectTimeoutMs: limitMs, signal, onStage } = options;
  const left = (): number => (limitMs === 0 ? 0 : Math.max(1, limitMs - elapsed()));
  const peer = hostPort(target.host, target.port);
  signal?.throwIfAborted();

  // What cannot be asked for, or proved, is refused before a packet is sent.
  const request = sessionRequest(target, options);
  const policy = trustPolicy(target, options);
  const context = clientContext(policy, options);

  const dnsStart = elapsed();
  const addresses = await resolveHost(target, options, left());
  onStage?.({ stage: 'dns', startMs: dnsStart, endMs: elapsed(), detail: addresses.join(', ') });

  const tcpStart = elapsed();
  const { port } = target;
  const { bind, observer } = options;
  const raw = await connectTcp({ addresses, port, bind, observer, ms: left(), limitMs, signal, peer });
  const remote = toAddress(raw.remoteAddress ?? '', raw.remotePort ?? 0);
  onStage?.({ stage: 'tcp', startMs: tcpStart, endMs: elapsed(), detail: hostPort(remote.host, remote.port) });

  const tlsStart = elapsed();
  const { keylogFile } = options;
  const tls = await secure(raw, { context, policy, keylogFile, observer, ms: left(), limitMs, signal, peer });
  onStage?.({ stage: 'tls', startMs: tlsStart, endMs: elapsed(), detail: tls.socket.getProtocol() ?? undefined });

  const http2Start = elapsed();
  let requestStart = http2Start;
  const session = await openWebTransportH2(tls, raw, request, {
    ...options,
    peer,
    timeoutMs: left(),
    onSettings() {
      requestStart = elapsed();
      onStage?.({ stage: 'http2', startMs: http2Start, endMs: requestStart });
    },
  });
  const detail = session.protocol === '' ? undefined : session.protocol;
  onStage?.({ stage: 'webtransport', startMs: requestStart, endMs: elapsed(), detail });
  return session;
}
