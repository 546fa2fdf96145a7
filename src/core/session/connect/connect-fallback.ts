import { MoqtError } from '../../errors/moqt-error.js';
import { type ConnectTimeouts, type ConnectWarning, DEFAULT_TIMEOUTS } from './connect-settings.js';

/** UDP does not get through: refused by the host or by something on the way, or swallowed. */
const BLOCKED = new Set(['udp.refused', 'udp.no-answer', 'network.unreachable']);

/** How long UDP may stay silent before TCP is tried: a third of the connect timeout, of the default when there is none. */
export function silenceLimit({ connectMs }: ConnectTimeouts): number {
  return Math.max(1, Math.round((connectMs || DEFAULT_TIMEOUTS.connectMs) / 3));
}

/**
 * Whether HTTP/3 failed because UDP does not get through. A server that answered (in QUIC, TLS, ALPN or HTTP) would say the
 * same over TCP, or, worse, something else.
 */
export function isUdpBlocked(error: unknown): error is MoqtError {
  return error instanceof MoqtError && error.stage === 'udp' && BLOCKED.has(error.reason ?? '');
}

export function fallbackWarning(udp: MoqtError): ConnectWarning {
  const message = `UDP does not get through (${udp.message}): using WebTransport over HTTP/2, where one lost packet holds up every stream`;
  return { kind: 'h2-fallback', message };
}

/**
 * One error for two failures. TCP's is the one that is reported, because it came last and knows more, unless it only timed
 * out where UDP was refused; the other is in the message and in the hint.
 */
export function bothFailed(udp: MoqtError, tcp: MoqtError): MoqtError {
  const first = tcp.code === 'MOQT_E_TIMEOUT' && udp.code !== 'MOQT_E_TIMEOUT' ? udp : tcp;
  const { code, stage, reason, peer, wire, exitCode } = first;
  const hints = [tcp.hint && `over TCP: ${tcp.hint}`, udp.hint && `over UDP: ${udp.hint}`].filter(Boolean);
  return new MoqtError(code, `over TCP: ${tcp.message}; over UDP before: ${udp.message}`, {
    stage,
    exitCode,
    origin: first,
    ...(reason !== undefined && { cause: reason }),
    ...(peer !== undefined && { peer }),
    ...(wire !== undefined && { wire }),
    ...(hints.length > 0 && { hint: hints.join('; ') }),
  });
}
