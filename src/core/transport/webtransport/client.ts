import { http3CodeName } from '../../errors/codes/http3-codes.js';
import type { ErrorCode } from '../../errors/error-codes.js';
import type { MoqtError, MoqtErrorOptions } from '../../errors/moqt-error.js';
import { escapeText } from '../../util/escape.js';
import { withSignal, withTimeout } from '../../util/timeout.js';
import { hostPort } from '../address.js';
import { alertError } from '../tls-alerts.js';
import type { ConnectOptions, TransportSession } from '../transport.js';
import { SessionClosed, StreamReset } from '../transport-errors.js';
import { encodeFrame, FRAME } from './h3/frames.js';
import { H3Connection } from './h3/h3-connection.js';
import { H3Error } from './h3/h3-error.js';
import { RequestReader } from './h3/request-reader.js';
import { connectProtocol, type H3Settings, missingForWebTransport, supportsDatagrams } from './h3/settings.js';
import { parseResponse, type ResponseHead } from './headers.js';
import { chosenProtocol, refusal, webTransportError } from './http-answer.js';
import { decodeFieldSection, encodeFieldSection } from './qpack/field-section.js';
import type { FieldLine } from './qpack/static-table.js';
import { WebTransportSession } from './session.js';
import type { SessionRequest } from './session-request.js';
import { NO_ERROR } from './stream-codes.js';
import { encodeStringList } from './structured-field.js';

/** Closing a connection that came to nothing must not hold up the error. */
const ABANDON_MS = 200;

export interface OpenOptions {
  /** For settings and response together, ms; 0 is none. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly observer?: ConnectOptions['observer'];
}

/**
 * Opens a WebTransport session on a QUIC connection whose ALPN is h3 and which it then owns: closed with the session, and
 * when none comes about. Rejects with MoqtError (stage `webtransport`): MOQT_E_UNAUTHORIZED for 401 and 403,
 * MOQT_E_REJECTED for other answers, MOQT_E_PROTOCOL when the peer has no WebTransport, MOQT_E_TIMEOUT; or with the
 * signal's reason.
 */
export async function openWebTransport(
  quic: TransportSession,
  request: SessionRequest,
  options: OpenOptions,
): Promise<WebTransportSession> {
  const attempt = new Attempt(quic, request, options.observer);
  try {
    const opening = withTimeout(attempt.run(), options.timeoutMs, () => attempt.timeoutError());
    return await withSignal(opening, options.signal);
  } catch (error) {
    await quic.close(NO_ERROR, '', ABANDON_MS).catch(() => {});
    throw options.signal?.aborted === true ? options.signal.reason : attempt.explain(error);
  }
}

/** One attempt to open a session. */
class Attempt {
  readonly #quic: TransportSession;
  readonly #request: SessionRequest;
  readonly #h3: H3Connection;
  readonly #observer: ConnectOptions['observer'];
  #settings: H3Settings | null = null;

  constructor(quic: TransportSession, request: SessionRequest, observer: ConnectOptions['observer']) {
    this.#quic = quic;
    this.#observer = observer;
    this.#request = request;
    this.#h3 = new H3Connection(quic, { role: 'client', maxSessions: 1 });
  }

  async run(): Promise<WebTransportSession> {
    // The draft forbids a CONNECT before the server's SETTINGS: they say which dialect it speaks.
    const settings = await this.#h3.settings;
    this.#settings = settings;
    this.#observer?.({ kind: 'settings', settings });
    const missing = missingForWebTransport(settings);
    if (missing.length > 0) {
      throw this.#error(
        'MOQT_E_PROTOCOL',
        `the peer speaks HTTP/3 but not WebTransport: its SETTINGS lack ${missing.join(', ')}`,
        {
          cause: 'webtransport.unsupported',
          hint: 'perhaps a plain web server; if it is a MoQ relay, try moqt:// (raw QUIC)',
        },
      );
    }
    const connect = await this.#quic.openBidi();
    connect.send.write(encodeFrame(FRAME.HEADERS, encodeFieldSection(this.#requestFields(settings))))?.catch(() => {});
    const reader = new RequestReader(connect.recv);
    const response = await this.#response(reader);
    this.#observer?.({ kind: 'response', status: response.status, headers: response.headers });
    const { path, protocols } = this.#request;
    const refused = refusal(response.status, response.headers, { path, protocols, peer: this.#peer });
    if (refused !== null) throw refused;
    return new WebTransportSession(this.#h3, connect, reader, {
      protocol: chosenProtocol(response.headers, { path, protocols, peer: this.#peer }),
      http: {
        path: this.#request.path,
        authority: this.#request.authority,
        status: response.status,
        headers: response.headers,
      },
      datagrams: supportsDatagrams(settings),
    });
  }

  #requestFields(settings: H3Settings): FieldLine[] {
    const fields: FieldLine[] = [
      [':method', 'CONNECT'],
      [':protocol', connectProtocol(settings)],
      [':scheme', 'https'],
      [':authority', this.#request.authority],
      [':path', this.#request.path],
      // Servers of the early drafts look for it; the others ignore it.
      ['sec-webtransport-http3-draft02', '1'],
    ];
    if (this.#request.protocols.length > 0) {
      fields.push(['wt-available-protocols', encodeStringList(this.#request.protocols)]);
    }
    return [...fields, ...this.#request.headers];
  }

  /** The final response; informational ones (1xx) are passed over. */
  async #response(reader: RequestReader): Promise<ResponseHead> {
    for (;;) {
      const event = await reader.next();
      if (event === null) throw new H3Error('H3_REQUEST_INCOMPLETE', 'the CONNECT stream ended without a response');
      if (event.kind !== 'item') throw new H3Error('H3_FRAME_UNEXPECTED', 'data before the final response');
      const response = parseResponse(decodeFieldSection(event.value));
      if (response.status >= 200) return response;
      if (response.status === 101) throw new H3Error('H3_MESSAGE_ERROR', 'status 101, which HTTP/3 does not have');
    }
  }

  timeoutError(): MoqtError {
    return this.#settings === null
      ? this.#error('MOQT_E_TIMEOUT', 'QUIC is up, but no HTTP/3 SETTINGS came in time', {
          cause: 'http3.no-settings',
          hint: 'an HTTP/3 that is not one, or a server that hangs: try moqt:// (raw QUIC), and see its log',
        })
      : this.#error('MOQT_E_TIMEOUT', 'no response to the WebTransport CONNECT in time', {
          cause: 'webtransport.timeout',
          hint: "the server speaks WebTransport and does not answer: check the URL's path, and its log",
        });
  }

  /** What went wrong, as an error for the user. */
  explain(error: unknown): unknown {
    if (error instanceof H3Error) {
      const wire = { space: 'http3', code: error.code, name: error.codeName };
      const cause = 'http3.protocol';
      const message = `the peer broke the rules of HTTP/3: ${escapeText(error.message)}`;
      return this.#error('MOQT_E_PROTOCOL', message, { cause, wire, origin: error });
    }
    if (error instanceof StreamReset) {
      const name = http3CodeName(error.code) ?? `0x${error.code.toString(16)}`;
      return this.#error('MOQT_E_REJECTED', `the peer reset the WebTransport CONNECT: ${name}`, {
        cause: 'webtransport.rejected',
        wire: { space: 'http3', code: error.code, name },
        origin: error,
      });
    }
    if (error instanceof SessionClosed) return this.#explainClose(error);
    return error;
  }

  #explainClose(error: SessionClosed): MoqtError {
    const { by, code, reason, tlsAlert } = error.info;
    if (by === 'idle') return this.timeoutError();
    if (by === 'error') return this.#error('MOQT_E_UNREACHABLE', 'the connection failed', { origin: error });
    if (tlsAlert !== undefined) {
      // A server that wants a client certificate says so only after its handshake, as TLS 1.3 has it.
      const wire = { space: 'quic', code, name: tlsAlert };
      const who = by === 'peer' ? 'the server' : 'our QUIC library';
      return alertError({ alert: tlsAlert, who, offered: ['h3'], peer: this.#peer, wire, alpnHint: '', origin: error });
    }
    const name = http3CodeName(code) ?? `0x${code.toString(16)}`;
    const words = reason === '' || reason === name ? name : `${name} ${escapeText(reason)}`;
    if (by === 'local') {
      // What it sent on another stream made this side end the connection.
      const wire = { space: 'http3', code, name };
      const cause = 'http3.protocol';
      return this.#error('MOQT_E_PROTOCOL', `the peer broke the rules of HTTP/3: ${words}`, {
        cause,
        wire,
        origin: error,
      });
    }
    if (this.#settings === null) {
      return this.#error('MOQT_E_PROTOCOL', `the peer closed the connection before its SETTINGS came: ${words}`, {
        cause: 'http3.protocol',
        wire: { space: error.info.isApplication ? 'session' : 'http3', code, name },
        hint: 'an HTTP/3 that is not one, or a server that is full or going away: see its log, and try moqt:// (raw QUIC)',
        origin: error,
      });
    }
    return this.#error('MOQT_E_REJECTED', `the peer closed the connection instead of answering: ${words}`, {
      cause: 'webtransport.rejected',
      wire: { space: error.info.isApplication ? 'session' : 'http3', code, name },
      hint: "the server wants no WebTransport there: check the URL's path, and see its log; or try moqt:// (raw QUIC)",
      origin: error,
    });
  }

  get #peer(): string {
    const { host, port } = this.#quic.remote;
    return hostPort(host, port);
  }

  #error(code: ErrorCode, message: string, options: Omit<MoqtErrorOptions, 'stage' | 'peer'>): MoqtError {
    return webTransportError(this.#peer, code, message, options);
  }
}
