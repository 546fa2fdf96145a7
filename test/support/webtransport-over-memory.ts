import { type MemoryPair, type MemoryPairOptions, memoryPair } from '../../src/core/transport/memory/index.js';
import type { ConnectDecision, ConnectRequest, TransportSession } from '../../src/core/transport/transport.js';
import {
  openWebTransport,
  type ServeOptions,
  serveWebTransport,
  sessionRequest,
} from '../../src/core/transport/webtransport/index.js';
import type { WebTransportSession } from '../../src/core/transport/webtransport/session.js';
import { deferred } from '../../src/core/util/deferred.js';

export interface WebTransportPairOptions {
  readonly memory?: MemoryPairOptions;
  readonly path?: string;
  readonly protocols?: readonly string[];
  readonly headers?: readonly (readonly [string, string])[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onConnect?: (request: ConnectRequest) => ConnectDecision;
  readonly onSession?: (session: TransportSession) => void;
  readonly serve?: ServeOptions;
}

export interface WebTransportPair {
  readonly pair: MemoryPair;
  /** Resolves or rejects as the client's attempt does. */
  readonly client: Promise<WebTransportSession>;
  /** The first session that the server accepted. */
  readonly server: Promise<WebTransportSession>;
  /** The server is done with the connection. */
  readonly served: Promise<void>;
}

/** Our client and our server on an in-memory connection. */
export function webtransportOverMemory(options: WebTransportPairOptions = {}): WebTransportPair {
  const pair = memoryPair({ protocol: 'h3', ...options.memory });
  const accepted = deferred<WebTransportSession>();
  const accept = (request: ConnectRequest): ConnectDecision => ({
    accept: true,
    protocol: request.availableProtocols[0] ?? null,
  });
  const served = serveWebTransport(
    pair.server,
    options.onConnect ?? accept,
    options.onSession ?? ((session) => accepted.resolve(session as WebTransportSession)),
    options.serve,
  );
  const target = { host: 'relay.example', port: 4443, path: options.path ?? '/moq?room=1' };
  const request = sessionRequest(target, {
    alpn: options.protocols ?? ['moqt-18', 'moqt-16'],
    headers: options.headers,
  });
  const timeoutMs = options.timeoutMs ?? 5000;
  const client = openWebTransport(pair.client, request, { timeoutMs, signal: options.signal });
  return { pair, client, server: accepted.promise, served };
}

export interface OpenPair {
  readonly pair: MemoryPair;
  readonly client: WebTransportSession;
  readonly server: WebTransportSession;
  readonly served: Promise<void>;
}

/** A pair whose session is open on both sides. */
export async function openPair(options: WebTransportPairOptions = {}): Promise<OpenPair> {
  const { pair, client, server, served } = webtransportOverMemory(options);
  const [openClient, openServer] = await Promise.all([client, server]);
  return { pair, client: openClient, server: openServer, served };
}
