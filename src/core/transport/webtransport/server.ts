import { settlesWithin, withTimeout } from '../../util/timeout.js';
import type { BidiStream, ConnectDecision, ConnectRequest, TransportSession } from '../transport.js';
import { SessionClosed, StreamReset } from '../transport-errors.js';
import { encodeFrame, FRAME } from './h3/frames.js';
import { H3Connection } from './h3/h3-connection.js';
import { H3_CODES, H3Error } from './h3/h3-error.js';
import { RequestReader } from './h3/request-reader.js';
import { type H3Settings, supportsDatagrams } from './h3/settings.js';
import { parseRequest, type RequestHead } from './headers.js';
import { decodeFieldSection, encodeFieldSection } from './qpack/field-section.js';
import type { FieldLine } from './qpack/static-table.js';
import { WebTransportSession } from './session.js';
import { NO_ERROR } from './stream-codes.js';
import { encodeStringItem, parseStringList } from './structured-field.js';

/** The names under which the drafts ask for WebTransport: before 15, and from there on. */
const PROTOCOLS: ReadonlySet<string> = new Set(['webtransport', 'webtransport-h3']);

/** An answer to a request that is not for WebTransport. */
export interface PlainResponse {
  readonly status: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array;
}

export interface ServeOptions {
  /** WebTransport sessions at a time on this connection; more are rejected. Default 1. */
  readonly maxSessions?: number;
  /** For a request's head, and for the client's SETTINGS, ms. Default 10 s. */
  readonly requestTimeoutMs?: number;
  /** How long the connection is kept without a session or a request, ms. Default 5 s. */
  readonly unusedMs?: number;
  /** Answers requests other than WebTransport's; without it they get 404. */
  readonly onRequest?: (request: RequestHead) => PlainResponse;
  /** A handler of the application threw: the request it was called for got 500, or its session was closed. */
  readonly onHandlerError?: (error: unknown) => void;
  /** What was refused or dropped, by name, when the connection has ended. */
  readonly onCounters?: (counters: Readonly<Record<string, number>>) => void;
}

/**
 * Serves HTTP/3 on a QUIC connection whose ALPN is h3: `onConnect` decides on each WebTransport request, `onSession` gets
 * each session. Neither may block. Resolves when the connection has ended; never rejects.
 */
export async function serveWebTransport(
  quic: TransportSession,
  onConnect: (request: ConnectRequest) => ConnectDecision,
  onSession: (session: TransportSession) => void,
  options: ServeOptions = {},
): Promise<void> {
  await new ServedConnection(quic, onConnect, onSession, options).run();
}

class ServedConnection {
  readonly #quic: TransportSession;
  readonly #onConnect: (request: ConnectRequest) => ConnectDecision;
  readonly #onSession: (session: TransportSession) => void;
  readonly #options: ServeOptions;
  readonly #maxSessions: number;
  readonly #h3: H3Connection;
  /** Requests and sessions that keep the connection in use. */
  #inUse = 0;
  /** Grows with each request, so that an idle wait knows whether there was one in between. */
  #requests = 0;
  #rejectedSessions = 0;

  constructor(
    quic: TransportSession,
    onConnect: (request: ConnectRequest) => ConnectDecision,
    onSession: (session: TransportSession) => void,
    options: ServeOptions,
  ) {
    this.#quic = quic;
    this.#onConnect = onConnect;
    this.#onSession = onSession;
    this.#options = options;
    this.#maxSessions = options.maxSessions ?? 1;
    this.#h3 = new H3Connection(quic, {
      role: 'server',
      maxSessions: this.#maxSessions,
      onRequest: (stream, firstBytes) => void this.#serve(stream, firstBytes),
    });
  }

  async run(): Promise<void> {
    void this.#closeIfUnused();
    await this.#quic.closed;
    this.#options.onCounters?.({ ...this.#h3.counters(), sessionsRejected: this.#rejectedSessions });
  }

  async #serve(stream: BidiStream, firstBytes: Uint8Array): Promise<void> {
    this.#inUse++;
    this.#requests++;
    try {
      await this.#answer(stream, firstBytes);
    } catch (error) {
      this.#onRequestError(stream, error);
    } finally {
      this.#inUse--;
      void this.#closeIfUnused();
    }
  }

  /** Answers one request, and stays with it for as long as a session that it began. */
  async #answer(stream: BidiStream, firstBytes: Uint8Array): Promise<void> {
    const timeoutMs = this.#options.requestTimeoutMs ?? 10_000;
    const tooSlow = (): Error => new H3Error('H3_REQUEST_INCOMPLETE', 'the request took too long', 'stream');
    const reader = new RequestReader(stream.recv, firstBytes);
    const head = await withTimeout(reader.next(), timeoutMs, tooSlow);
    if (head === null || head.kind !== 'item') {
      throw new H3Error('H3_REQUEST_INCOMPLETE', 'a request without HEADERS', 'stream');
    }
    const request = parseRequest(decodeFieldSection(head.value));
    if (request.method !== 'CONNECT') {
      this.#respondPlainly(stream, request);
      return;
    }
    if (request.protocol === null || !PROTOCOLS.has(request.protocol)) {
      // RFC 9220 §3: an unknown :protocol.
      this.#refuse(stream, 501);
      return;
    }
    // The client's SETTINGS may have been overtaken; without them its dialect is unknown.
    const missing = (): Error => new H3Error('H3_MISSING_SETTINGS', 'no SETTINGS from the client');
    const settings = await withTimeout(this.#h3.settings, timeoutMs, missing);
    await this.#connect(stream, reader, request, settings);
  }

  async #connect(stream: BidiStream, reader: RequestReader, request: RequestHead, settings: H3Settings): Promise<void> {
    if (this.#h3.sessionCount >= this.#maxSessions) {
      this.#rejectedSessions++;
      throw new H3Error('H3_REQUEST_REJECTED', 'too many sessions on this connection', 'stream');
    }
    const { path, authority, headers } = request;
    const availableProtocols = parseStringList(headers.get('wt-available-protocols') ?? '') ?? [];
    const decision = this.#guarded<ConnectDecision>(
      () => {
        const made = this.#onConnect({ path, authority, headers, availableProtocols, remote: this.#quic.remote });
        if (made.accept && made.protocol !== null && !availableProtocols.includes(made.protocol)) {
          throw new Error(`${JSON.stringify(made.protocol)} was not among the protocols that the client offered`);
        }
        return made;
      },
      { accept: false, status: 500 },
    );
    if (!decision.accept) {
      this.#refuse(stream, decision.status, decision.headers);
      return;
    }
    const fields: FieldLine[] = [
      [':status', '200'],
      // Clients of the early drafts look for it; the others ignore it.
      ['sec-webtransport-http3-draft', 'draft02'],
    ];
    if (decision.protocol !== null) fields.push(['wt-protocol', encodeStringItem(decision.protocol)]);
    for (const [name, value] of decision.headers ?? []) fields.push([name.toLowerCase(), value]);
    stream.send.write(encodeFrame(FRAME.HEADERS, encodeFieldSection(fields)))?.catch(() => {});
    const session = new WebTransportSession(this.#h3, stream, reader, {
      protocol: decision.protocol ?? '',
      http: { path, authority, status: 200, headers },
      datagrams: supportsDatagrams(settings),
    });
    const taken = this.#guarded(() => {
      this.#onSession(session);
      return true;
    }, false);
    if (!taken) await session.close(0n, 'internal error').catch(() => {});
    await session.closed;
  }

  #guarded<T>(call: () => T, instead: T): T {
    try {
      return call();
    } catch (error) {
      this.#options.onHandlerError?.(error);
      return instead;
    }
  }

  #respondPlainly(stream: BidiStream, request: RequestHead): void {
    const hook = this.#options.onRequest;
    const response =
      hook === undefined ? { status: 404 } : this.#guarded<PlainResponse>(() => hook(request), { status: 500 });
    this.#refuse(stream, response.status, response.headers, response.body);
  }

  /** A response that ends the request. */
  #refuse(
    stream: BidiStream,
    status: number,
    headers: readonly (readonly [string, string])[] = [],
    body: Uint8Array = new Uint8Array(0),
  ): void {
    const fields: FieldLine[] = [[':status', String(status)]];
    for (const [name, value] of headers) fields.push([name.toLowerCase(), value]);
    const parts = [encodeFrame(FRAME.HEADERS, encodeFieldSection(fields))];
    if (body.length > 0) parts.push(encodeFrame(FRAME.DATA, body));
    stream.send.writev(parts)?.catch(() => {});
    stream.send.end();
    // RFC 9114 §4.1: an early answer makes the rest of the request needless.
    stream.recv.stop(NO_ERROR);
    this.#h3.removeSession(Number(stream.id));
  }

  #onRequestError(stream: BidiStream, error: unknown): void {
    if (error instanceof H3Error && error.scope === 'connection') {
      this.#h3.fail(error);
      return;
    }
    const gone = error instanceof StreamReset || error instanceof SessionClosed;
    const code =
      error instanceof H3Error ? error.code : BigInt(gone ? H3_CODES.H3_REQUEST_CANCELLED : H3_CODES.H3_INTERNAL_ERROR);
    if (!gone && !(error instanceof H3Error)) this.#options.onHandlerError?.(error);
    stream.recv.stop(code);
    stream.send.reset(code);
    this.#h3.removeSession(Number(stream.id));
  }

  /** A connection that serves nothing for a while is closed: whoever holds it open would use up a place for others. */
  async #closeIfUnused(): Promise<void> {
    if (this.#inUse > 0) return;
    const requests = this.#requests;
    if (await settlesWithin(this.#quic.closed, this.#options.unusedMs ?? 5000, { background: true })) return;
    if (this.#inUse === 0 && this.#requests === requests) await this.#quic.close(NO_ERROR, 'unused').catch(() => {});
  }
}
