import { MoqtError } from '../../errors/moqt-error.js';
import type { CloseInfo } from '../transport.js';
import { CERTIFICATE_REQUIRED, NO_APPLICATION_PROTOCOL, quicCodeName } from './close-codes.js';
import { formatVersion } from './version-negotiation.js';

/** The peer ended the handshake, or QUIC ended it for something the peer did. */
export function closedError(info: CloseInfo, offered: readonly string[], peer: string): MoqtError {
  const code = Number(info.code);
  const name = info.isApplication ? `application code 0x${code.toString(16)}` : quicCodeName(code);
  const wire = { space: info.isApplication ? 'application' : 'quic', code: info.code, name };
  const who = info.by === 'peer' ? 'the server' : 'our QUIC library';
  if (info.by === 'idle') {
    return new MoqtError('MOQT_E_TIMEOUT', 'the server fell silent for the idle timeout during the handshake', {
      stage: 'quic',
      cause: 'quic.idle',
      peer,
      hint: 'a firewall that drops UDP, a wrong port, or an idle timeout below what the path needs',
    });
  }
  if (!info.isApplication && code === NO_APPLICATION_PROTOCOL) {
    return new MoqtError('MOQT_E_VERSION', `the server speaks none of the protocols offered: ${offered.join(', ')}`, {
      stage: 'alpn',
      cause: 'alpn.none',
      peer,
      wire,
      hint: 'offer other drafts, or try WebTransport (https://…) if the server speaks only that',
    });
  }
  if (info.tlsAlert !== undefined) {
    const wantsCertificate = code === CERTIFICATE_REQUIRED;
    return new MoqtError('MOQT_E_TLS', `${who} refused the TLS handshake: ${info.tlsAlert}`, {
      stage: 'tls',
      cause: wantsCertificate ? 'tls.client-certificate-required' : 'tls.alert',
      peer,
      wire,
      ...(wantsCertificate ? { hint: 'give a client certificate with --cert and --key' } : {}),
    });
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

/** The system refused to send, or an ICMP message came back. */
export function socketError(origin: NodeJS.ErrnoException, peer: string, bind: string | undefined): MoqtError {
  const { code } = origin;
  if (code === 'ECONNREFUSED') {
    return new MoqtError('MOQT_E_UNREACHABLE', 'nothing listens on that UDP port', {
      stage: 'udp',
      cause: 'udp.refused',
      peer,
      hint: 'check the port; a server may listen on TCP only, or on another address',
      origin,
    });
  }
  if (code === 'EADDRNOTAVAIL' && bind !== undefined) {
    return new MoqtError('MOQT_E_LOCAL_IO', `this machine has no address ${bind} to send from`, {
      stage: 'udp',
      cause: 'network.bind',
      peer,
      hint: 'give --bind an address of this machine',
      origin,
    });
  }
  if (code === 'EMFILE' || code === 'ENFILE' || code === 'ENOBUFS' || code === 'ENOMEM' || code === 'EACCES') {
    return new MoqtError('MOQT_E_LOCAL_IO', `the system gives no UDP socket: ${code}`, {
      stage: 'udp',
      cause: 'network.socket',
      peer,
      origin,
    });
  }
  return new MoqtError('MOQT_E_UNREACHABLE', `the network has no way there: ${code ?? origin.message}`, {
    stage: 'udp',
    cause: 'network.unreachable',
    peer,
    hint: 'check the route, or try the other address family',
    origin,
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
