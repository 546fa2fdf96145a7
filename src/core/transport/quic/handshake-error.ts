import { quicCodeName } from '../../errors/codes/quic-codes.js';
import { MoqtError } from '../../errors/moqt-error.js';
import { alertError } from '../tls-alerts.js';
import type { CloseInfo } from '../transport.js';
import { formatVersion } from './version-negotiation.js';

/** The peer ended the handshake, or QUIC ended it for something the peer did. */
export function closedError(info: CloseInfo, offered: readonly string[], peer: string): MoqtError {
  const code = Number(info.code);
  const name = info.isApplication
    ? `application code 0x${code.toString(16)}`
    : (quicCodeName(code) ?? `0x${code.toString(16)}`);
  const wire = { space: info.isApplication ? 'session' : 'quic', code: info.code, name };
  const who = info.by === 'peer' ? 'the server' : 'our QUIC library';
  if (info.by === 'idle') {
    return new MoqtError('MOQT_E_TIMEOUT', 'the server fell silent for the idle timeout during the handshake', {
      stage: 'quic',
      cause: 'quic.idle',
      peer,
      hint: 'a firewall that drops UDP, a wrong port, or an idle timeout below what the path needs',
    });
  }
  if (info.tlsAlert !== undefined) {
    const alpnHint = 'offer other drafts, or try WebTransport (https://…) if the server speaks only that';
    return alertError({ alert: info.tlsAlert, who, offered, peer, wire, alpnHint });
  }
  const reason = info.reason === '' ? '' : ` (${info.reason})`;
  return new MoqtError('MOQT_E_PROTOCOL', `${who} closed the connection during the handshake: ${name}${reason}`, {
    stage: 'quic',
    cause: 'quic.closed',
    peer,
    wire,
  });
}

/** Version Negotiation without a version of ours. */
export function versionError(versions: readonly number[], peer: string): MoqtError {
  const list = [...new Set(versions.map(formatVersion))].join(', ') || 'none';
  return new MoqtError('MOQT_E_VERSION', `the server does not speak QUIC version 1; it lists ${list}`, {
    stage: 'quic',
    cause: 'quic.version',
    peer,
    hint: 'only QUIC version 1 (RFC 9000) is supported',
  });
}

/** How far the best attempt got before the deadline. */
export interface Progress {
  readonly datagrams: number;
  readonly packets: number;
}

export function timeoutError(ms: number, progress: Progress, tried: readonly string[], peer: string): MoqtError {
  const limit = `within ${Math.round(ms)} ms`;
  const where = tried.length > 1 ? ` (tried ${tried.join(', ')})` : '';
  if (progress.packets > 0) {
    return new MoqtError('MOQT_E_TIMEOUT', `the server answered, but the handshake did not finish ${limit}${where}`, {
      stage: 'quic',
      cause: 'quic.timeout',
      peer,
      hint: `${progress.packets} of its packets were valid; packets are lost on the way, or the server is overloaded`,
    });
  }
  if (progress.datagrams > 0) {
    return new MoqtError('MOQT_E_PROTOCOL', `something answers there that is not QUIC${where}`, {
      stage: 'quic',
      cause: 'quic.not-quic',
      peer,
      hint: 'another service seems to use that UDP port',
    });
  }
  return new MoqtError('MOQT_E_TIMEOUT', `no answer ${limit}${where}`, {
    stage: 'udp',
    cause: 'udp.no-answer',
    peer,
    hint: 'a firewall that drops UDP, a wrong port, or a host that is down',
  });
}
