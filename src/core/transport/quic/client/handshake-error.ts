import { quicCodeName } from '../../../errors/codes/quic-codes.js';
import { MoqtError } from '../../../errors/moqt-error.js';
import { describeBytes } from '../../../util/describe-bytes.js';
import { alertError } from '../../tls-alerts.js';
import type { CloseInfo } from '../../transport.js';
import type { Progress } from './handshake-watch.js';
import { formatVersion } from './version-negotiation.js';

/** The peer ended the handshake, or QUIC ended it for something the peer did. */
export function closedError(info: CloseInfo, offered: readonly string[], peer: string): MoqtError {
  const code = Number(info.code);
  const name = info.isApplication
    ? `application code 0x${code.toString(16)}`
    : (quicCodeName(code) ?? `0x${code.toString(16)}`);
  const wire = { space: info.isApplication ? 'session' : 'quic', code: info.code, name };
  const who = info.by === 'peer' ? 'the server' : 'our QUIC library';
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
    hint: closeHint(info.isApplication ? '' : name),
  });
}

/** A list may have hundreds. */
const SHOWN_VERSIONS = 8;

/** Version Negotiation without a version of ours. */
export function versionError(versions: readonly number[], peer: string): MoqtError {
  const names = [...new Set(versions.map(formatVersion))];
  const more = names.length > SHOWN_VERSIONS ? ` and ${names.length - SHOWN_VERSIONS} more` : '';
  const list = names.length === 0 ? 'none' : `${names.slice(0, SHOWN_VERSIONS).join(', ')}${more}`;
  return new MoqtError('MOQT_E_VERSION', `the server does not speak QUIC version 1; it lists ${list}`, {
    stage: 'quic',
    cause: 'quic.version',
    peer,
    hint: `only QUIC version 1 (RFC 9000) is supported here, and the server has ${list}: let it speak version 1 too`,
  });
}

/** Why the deadline passed, from how far the best attempt got. */
export function timeoutError(ms: number, progress: Progress, tried: readonly string[], peer: string): MoqtError {
  const limit = `within ${Math.round(ms)} ms`;
  const where = tried.length > 1 ? ` (tried ${tried.join(', ')})` : '';
  if (progress.retries > 1 && progress.packets === 0) {
    const message = `the server demanded Retry ${progress.retries} times and never went on, ${limit}${where}`;
    return new MoqtError('MOQT_E_TIMEOUT', message, {
      stage: 'quic',
      cause: 'quic.retry-loop',
      peer,
      hint: 'a load balancer in front does not recognise the tokens that it hands out: its servers must share their token key',
    });
  }
  if (progress.packets > 0 || progress.quicLike > 0) {
    return new MoqtError('MOQT_E_TIMEOUT', `the server answered, but the handshake did not finish ${limit}${where}`, {
      stage: 'quic',
      cause: 'quic.timeout',
      peer,
      hint: `${howFar(progress)}; packets are lost or changed on the way (a middlebox, a small MTU), or the server is overloaded`,
    });
  }
  if (progress.datagrams > 0) return notQuicError(progress, peer, where);
  return new MoqtError('MOQT_E_TIMEOUT', `no answer ${limit}${where}: not one packet came back`, {
    stage: 'udp',
    cause: 'udp.no-answer',
    peer,
    hint: 'a firewall that drops UDP, a wrong port, or a host that is down; for https:// URLs try --transport webtransport-h2',
  });
}

/** Something answers UDP there that is not QUIC. */
export function notQuicError({ foreign }: Progress, peer: string, where = ''): MoqtError {
  const what =
    foreign === null ? '' : foreign.echo ? ': it sends back what it gets' : `: ${describeBytes(foreign.bytes)}`;
  return new MoqtError('MOQT_E_PROTOCOL', `something answers there that is not QUIC${where}${what}`, {
    stage: 'quic',
    cause: 'quic.not-quic',
    peer,
    hint: 'another service uses that UDP port: check the port of the relay',
  });
}

function howFar({ packets, retries, sawHandshake, sawVersions, sawCertificate, quicLike }: Progress): string {
  if (packets === 0 && retries > 0) return 'it demanded Retry and fell silent then';
  if (packets === 0 && sawVersions) return 'it answers version 1 with a list of versions that has version 1 in it';
  if (packets === 0) return `${quicLike} of its packets came, and none could be read`;
  const count = `${packets} of its packets were valid`;
  if (sawCertificate) return `${count}, its certificate came, the end of its handshake did not`;
  return sawHandshake ? `${count}, its certificate did not come whole` : `${count}, none beyond its first answer`;
}

function closeHint(name: string): string {
  switch (name) {
    case 'CONNECTION_REFUSED':
      return 'the server takes no connections now: it is full, or shutting down';
    case 'INVALID_TOKEN':
      return 'a load balancer in front does not recognise the tokens of its servers';
    case 'INTERNAL_ERROR':
      return 'the server failed: see its log';
    default:
      return 'see the log of the server for why it ended the connection';
  }
}
