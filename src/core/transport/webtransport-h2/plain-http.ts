import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { PlainResponse } from '../webtransport/server.js';

/** A request that is not for WebTransport: HTTP/1.1 in the clear or in TLS, or HTTP/2. */
export interface PlainRequest {
  readonly method: string;
  /** Path and query, as they came. */
  readonly path: string;
  readonly authority: string;
  readonly headers: ReadonlyMap<string, string>;
  /** False over HTTP/1.1 in the clear. */
  readonly secure: boolean;
}

/** Must not throw; see guarded() in server.ts. */
export type PlainHandler = (request: PlainRequest) => PlainResponse;

const MAX_HEADER_BYTES = 16 << 10;
const NOT_FOUND = 404;

/** Answers nothing that it was not told to. */
export const notFound: PlainHandler = () => ({ status: NOT_FOUND });

export interface Http1Events {
  /** The head of a request has come on this socket. */
  readonly request: (socket: Socket) => void;
  /** What came is no HTTP/1.1, or more than we take. */
  readonly malformed: () => void;
}

/**
 * Speaks HTTP/1.1 on connections handed to it by `emit('connection', socket)`: one request each. It has no deadlines of its
 * own (Node starts those with listen()); whoever hands over the socket bounds its life.
 */
export function http1Server(answer: PlainHandler, on: Http1Events): Server {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    on.request(request.socket);
    respond(request, response, answer);
  });
  const seen = new WeakSet<object>();
  server.on('clientError', (_error, socket) => {
    // Told again when the rest of what is malformed comes.
    if (!seen.has(socket)) on.malformed();
    seen.add(socket);
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    else socket.destroy();
  });
  return server;
}

function respond(request: IncomingMessage, response: ServerResponse, answer: PlainHandler): void {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const {
    status,
    headers: fields = [],
    body,
  } = answer({
    method: request.method ?? '',
    path: request.url ?? '',
    authority: request.headers.host ?? '',
    headers,
    secure: 'encrypted' in request.socket,
  });
  response.shouldKeepAlive = false;
  response.on('error', () => {});
  response.writeHead(status, [...fields.flat(), 'content-length', String(body?.length ?? 0)]);
  response.end(body);
}
