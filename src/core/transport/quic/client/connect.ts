import { hostPort } from '../../address.js';
import { resolveHost } from '../../resolve-host.js';
import type { ConnectOptions, Target, Transport, TransportSession } from '../../transport.js';
import { configFor, quicSettings } from '../config.js';
import { loadQuiche } from '../native.js';
import { QuicSession } from '../session.js';
import { tryEarlyData } from './early-data.js';
import { handshakeTrust } from './handshake-trust.js';
import { raceHandshakes } from './race.js';

/** Raw QUIC (RFC 9000) on our own engine. */
export const quicTransport: Transport = { connect };

/** Rejects with MoqtError (DNS, UNREACHABLE, TLS, VERSION, TIMEOUT, PROTOCOL, LOCAL_IO), or with the signal's reason. */
async function connect(target: Target, options: ConnectOptions): Promise<TransportSession> {
  const start = performance.now();
  const elapsed = (): number => performance.now() - start;
  const left = (): number => (options.connectTimeoutMs === 0 ? 0 : Math.max(1, options.connectTimeoutMs - elapsed()));
  options.signal?.throwIfAborted();

  const quiche = await loadQuiche();
  const trust = handshakeTrust(target, options);
  const dnsStart = elapsed();
  const addresses = await resolveHost(target, options, left());
  options.onStage?.({ stage: 'dns', startMs: dnsStart, endMs: elapsed(), detail: addresses.join(', ') });

  const settings = quicSettings(options);
  const { maxIncomingUni, maxIncomingBidi } = settings;
  const config = configFor(quiche, trust.tls, settings);

  const quicStart = elapsed();
  const setup = { quiche, config, trust, options, maxIncomingUni, maxIncomingBidi, port: target.port };
  const connection = await raceHandshakes(setup, {
    addresses,
    ms: left(),
    limitMs: options.connectTimeoutMs,
    silenceMs: options.silenceTimeoutMs,
    signal: options.signal,
    peer: hostPort(target.host, target.port),
  });
  const { host, port } = connection.remote;
  options.onStage?.({ stage: 'quic', startMs: quicStart, endMs: elapsed(), detail: hostPort(host, port) });
  connection.startKeepAlive(keepAliveInterval(options, connection.native.stats().peerMaxIdleTimeout));
  return new QuicSession(
    connection,
    () => connection.localAddress,
    async () => {
      const early = configFor(quiche, trust.tls, { ...settings, earlyData: true });
      return tryEarlyData(connection, { ...setup, config: early });
    },
  );
}

/** A third of the idle timeout that holds: the smaller of both sides' (RFC 9000 §10.1). 0 is none. */
function keepAliveInterval(options: ConnectOptions, peerIdleMs: number): number {
  if (options.keepAliveMs !== undefined) return options.keepAliveMs;
  const limits = [options.idleTimeoutMs, peerIdleMs].filter((ms) => ms > 0);
  return limits.length === 0 ? 0 : Math.max(1, Math.floor(Math.min(...limits) / 3));
}
