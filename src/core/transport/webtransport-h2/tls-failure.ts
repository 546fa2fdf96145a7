import { tlsAlertCode } from '../../errors/codes/tls-alerts.js';
import { MoqtError } from '../../errors/moqt-error.js';
import { escapeText } from '../../util/escape.js';
import { alertError } from '../tls-alerts.js';

/** What this transport offers in ALPN. */
export const ALPN_H2 = 'h2';

const ALERT = /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13|TLSV1_3)_ALERT_([A-Z_]+)$/;
/** What OpenSSL says of bytes that are no TLS records. */
const NOT_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
]);
const ALPN_HINT = 'it serves no HTTP/2 there; try WebTransport over HTTP/3 (--transport webtransport) or moqt://';

/** Whether the TLS library reports the end of a connection, as opposed to TCP or HTTP/2. */
export function isTlsError(error: unknown): boolean {
  return error instanceof Error && ((error as NodeJS.ErrnoException).code ?? '').startsWith('ERR_SSL_');
}

/** Why TLS failed, from the error that its library gave: a code, never the words of a message. `offered`: in ALPN. */
export function tlsFailure(
  error: NodeJS.ErrnoException,
  peer: string,
  offered: readonly string[] = [ALPN_H2],
): MoqtError {
  const code = error.code ?? '';
  const alert = ALERT.exec(code)?.[1]?.toLowerCase();
  if (alert !== undefined) {
    const wire = { space: 'tls', code: BigInt(tlsAlertCode(alert) ?? 0), name: alert };
    return alertError({ alert, who: 'the server', offered, peer, wire, alpnHint: ALPN_HINT, origin: error });
  }
  if (NOT_TLS.has(code)) {
    return new MoqtError('MOQT_E_PROTOCOL', 'what answers on that TCP port does not speak TLS', {
      stage: 'tls',
      cause: 'tls.not-tls',
      peer,
      hint: 'another service seems to use that port; WebTransport needs https',
      origin: error,
    });
  }
  if (isTlsError(error)) {
    const name = code.slice('ERR_SSL_'.length).toLowerCase();
    return new MoqtError('MOQT_E_TLS', `our TLS library refused the handshake: ${escapeText(name)}`, {
      stage: 'tls',
      cause: 'tls.alert',
      peer,
      origin: error,
    });
  }
  return new MoqtError('MOQT_E_PROTOCOL', 'the server closed the connection during the TLS handshake', {
    stage: 'tls',
    cause: 'tls.closed',
    peer,
    hint: 'a middlebox that does not let this name pass, or a service that expects something other than TLS',
    origin: error,
  });
}

/** The handshake succeeded, without a choice of ours among the application protocols. */
export function noCommonProtocol(chosen: string | false | null, peer: string): MoqtError {
  const what = chosen ? `chose ${escapeText(chosen)}` : 'chose no application protocol';
  return new MoqtError('MOQT_E_VERSION', `the server ${what}, and only ${ALPN_H2} was offered`, {
    stage: 'alpn',
    cause: 'alpn.none',
    peer,
    hint: ALPN_HINT,
  });
}

export function tlsTimeout(limitMs: number, peer: string): MoqtError {
  return new MoqtError('MOQT_E_TIMEOUT', `TCP connected, but TLS did not finish within ${Math.round(limitMs)} ms`, {
    stage: 'tls',
    cause: 'tls.timeout',
    peer,
    hint: 'the port accepts connections and stays silent: another service, an overloaded server, or a middlebox',
  });
}
