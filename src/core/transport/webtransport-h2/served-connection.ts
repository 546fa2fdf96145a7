import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { systemClock } from '../../util/clock.js';
import type { Address, ConnectDecision, ConnectRequest, TransportSession } from '../transport.js';
import type { PlainResponse } from '../webtransport/server.js';
import { encodeStringItem, parseStringList } from '../webtransport/structured-field.js';
import { type HeadFields, headerMap } from './header-map.js';
import { Http2Link, type LinkOptions } from './http2-link.js';
import { Http2Pipe } from './http2-pipe.js';
import { grantedBy } from './init-header.js';
import type { PlainHandler } from './plain-http.js';
import { CapsuleSession } from './session.js';
import type { LocalLimits } from './session-options.js';
import { HTTP2_WINDOW, readPeerSettings } from './settings.js';

export interface ServedOptions extends LinkOptions {
  readonly limits: LocalLimits;
  readonly maxSessions: number;
  /** How long the connection is kept without a session or a request, ms. */
  readonly unusedMs: number;
  /** How long a plain answer may take to be read, ms. */
  readonly responseMs: number;
  readonly remote: Address;
  readonly local: Address;
  /** Must not throw. */
  readonly decide: (request: ConnectRequest) => ConnectDecision;
  /** Must not throw; false: the application could not take the session. */
  readonly onSession: (session: TransportSession) => boolean;
  readonly answer: PlainHandler;
  readonly count: (name: ServedCounter) => void;
}

export type ServedCounter = 'sessionsRejected' | 'connectionsUnused' | 'requestsMalformed';

/** HTTP/2 on a TLS connection: WebTransport sessions by extended CONNECT, and plain requests. */
export class ServedConnection {
  readonly #http2: ServerHttp2Session;
  readonly #options: ServedOptions;
  readonly #link: Http2Link;
  #sessions = 0;
  /** Requests and sessions that keep the connection in use. */
  #inUse = 0;
  #unused: NodeJS.Timeout | undefined;

  /** `tls` is what `http2` runs on, `raw` the socket below. To be made in the turn in which `http2` was. */
  constructor(http2: ServerHttp2Session, tls: Socket, raw: Socket, options: ServedOptions) {
    this.#http2 = http2;
    this.#options = options;
    this.#link = new Http2Link(http2, tls, raw);
    http2.setLocalWindowSize(HTTP2_WINDOW);
    http2.on('stream', (stream, headers) => this.#onStream(stream, headers));
    raw.once('close', () => clearTimeout(this.#unused));
    this.#link.start(options);
    this.#leave();
  }

  /** Ends the connection at once, whatever is on it. */
  destroy(): void {
    this.#link.destroy(constants.NGHTTP2_CANCEL);
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // 'close' tells the same.
    stream.on('error', () => {});
    this.#enter();
    stream.once('close', () => {
      this.#inUse--;
      this.#leave();
    });
    const head = headerMap(headers);
    if (head.pseudo(':method') !== 'CONNECT') this.#answerPlainly(stream, head);
    else if (head.pseudo(':protocol') === '') this.#respond(stream, { status: 405 });
    // RFC 8441 §4 leaves an unknown :protocol to us; RFC 9220 §3 names the status.
    else if (head.pseudo(':protocol') !== 'webtransport') this.#respond(stream, { status: 501 });
    else this.#connect(stream, head);
  }

  #connect(stream: ServerHttp2Stream, head: HeadFields): void {
    const path = head.pseudo(':path');
    const authority = head.pseudo(':authority');
    // The library has seen to it that all three are there, and that the path begins with a slash.
    if (head.pseudo(':scheme') !== 'https') {
      this.#options.count('requestsMalformed');
      this.#respond(stream, { status: 400 });
      return;
    }
    if (this.#sessions >= this.#options.maxSessions) {
      // draft §4.1: the connection, and the session on it, live on.
      this.#options.count('sessionsRejected');
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const { headers } = head;
    const availableProtocols = parseStringList(headers.get('wt-available-protocols') ?? '') ?? [];
    const { remote } = this.#options;
    const decision = this.#options.decide({ path, authority, headers, availableProtocols, remote });
    if (!decision.accept) {
      this.#respond(stream, decision);
      return;
    }
    const { protocol, headers: extra = [] } = decision;
    const fields = responseFields(200, extra);
    if (protocol !== null) fields['wt-protocol'] = encodeStringItem(protocol);
    stream.respond(fields);
    this.#begin(stream, { protocol: protocol ?? '', http: { path, authority, status: 200, headers } });
  }

  #begin(
    stream: ServerHttp2Stream,
    opened: Pick<ConstructorParameters<typeof CapsuleSession>[1], 'protocol' | 'http'>,
  ): void {
    const { limits, remote, local, onSession } = this.#options;
    const link = this.#link;
    const { dialect, limits: granted } = readPeerSettings(this.#http2.remoteSettings);
    this.#sessions++;
    const session = new CapsuleSession(new Http2Pipe(stream, link), {
      ...opened,
      role: 'server',
      dialect,
      remote,
      local,
      certificates: [],
      localLimits: limits,
      peerLimits: grantedBy(granted, opened.http.headers),
      clock: systemClock,
      rtt: () => link.rttMs,
      minRtt: () => link.minRttMs,
      bytes: () => link.bytes,
      onRelease: async () => {
        if (--this.#sessions === 0) await link.release();
      },
    });
    link.onGoaway(() => session.drained());
    if (!onSession(session)) void session.close(0n, 'internal error').catch(() => {});
  }

  #answerPlainly(stream: ServerHttp2Stream, head: HeadFields): void {
    const response = this.#options.answer({
      method: head.pseudo(':method'),
      path: head.pseudo(':path'),
      authority: head.pseudo(':authority') || (head.headers.get('host') ?? ''),
      headers: head.headers,
      secure: true,
    });
    this.#respond(stream, response, head.pseudo(':method') !== 'HEAD');
  }

  /** A response that ends the request. */
  #respond(stream: ServerHttp2Stream, response: PlainResponse, withBody = true): void {
    if (stream.destroyed) return;
    const { status, headers = [], body } = response;
    stream.setTimeout(this.#options.responseMs, () => stream.close(constants.NGHTTP2_CANCEL));
    stream.respond(responseFields(status, headers));
    stream.end(withBody ? body : undefined);
    // RFC 9113 §8.1: an early answer makes the rest of the request needless.
    stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #enter(): void {
    this.#inUse++;
    clearTimeout(this.#unused);
  }

  /** A connection that serves nothing for a while is closed: whoever holds it open would use up a place for others. */
  #leave(): void {
    if (this.#inUse > 0 || this.#link.failure !== null) return;
    clearTimeout(this.#unused);
    this.#unused = setTimeout(() => {
      this.#options.count('connectionsUnused');
      void this.#link.release();
    }, this.#options.unusedMs);
  }
}

function responseFields(
  status: number,
  headers: readonly (readonly [string, string])[],
): Record<string, string | number | string[]> {
  const fields: Record<string, string | number | string[]> = { ':status': status };
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    const before = fields[name];
    fields[name] = before === undefined ? value : [String(before), value];
  }
  return fields;
}
