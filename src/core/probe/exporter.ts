import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { isLoopbackHost } from '../certs/bootstrap.js';
import { MoqtError } from '../errors/moqt-error.js';

export interface ExporterOptions {
  /** Address or name to listen on; loopback names and addresses are answered to only by such. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly metrics: () => string;
  /** HTML. */
  readonly index: () => string;
}

export interface Exporter {
  readonly url: string;
  close(): Promise<void>;
}

/** A scraper holds one connection; what hangs on to more is no scraper. */
const MAX_CONNECTIONS = 64;
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
} as const;

/**
 * Serves `/metrics` and an index. What it serves is ready: a scrape starts no probe, so that neither a slow relay nor a
 * second Prometheus changes what a relay sees.
 * @throws MoqtError MOQT_E_LOCAL_IO when the port cannot be had.
 */
export async function serveMetrics(options: ExporterOptions): Promise<Exporter> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    const { status, type, body } = answer(request, options);
    response.writeHead(status, {
      ...HEADERS,
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      ...(status === 405 && { allow: 'GET, HEAD' }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = isIP(options.host) === 6 ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function answer(request: IncomingMessage, options: ExporterOptions): Answer {
  const plain = (status: number, body: string): Answer => ({
    status,
    type: 'text/plain; charset=utf-8',
    body: `${body}\n`,
  });
  if (!isAllowedHost(request.headers.host ?? '', options.host)) {
    return plain(421, 'This exporter does not answer to that name; ask for it by its address.');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'GET or HEAD.');
  const path = (request.url ?? '').split('?', 1)[0];
  if (path === '/metrics') {
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: options.metrics() };
  }
  if (path === '/') return { status: 200, type: 'text/html; charset=utf-8', body: options.index() };
  return plain(404, 'Not found; there are / and /metrics.');
}

/**
 * Against DNS rebinding: a page elsewhere can make its own name resolve to this address, but can give no request an address
 * or a name that public DNS does not have. On loopback only loopback's names, otherwise also addresses, names of one label,
 * those under .local and .internal (RFC 6762, ICANN), and the name that was listened on.
 */
export function isAllowedHost(header: string, listened: string): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]/@]+))(?::\d{1,5})?$/i.exec(header);
  const host = (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
  if (host === undefined || host === '') return false;
  if (isLoopbackHost(host)) return true;
  if (isLoopbackHost(listened)) return false;
  return (
    isIP(host) !== 0 || !host.includes('.') || /\.(?:local|internal)$/.test(host) || host === listened.toLowerCase()
  );
}

function listen(server: Server, { host, port }: ExporterOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (origin: NodeJS.ErrnoException) => {
      const why = origin.code === 'EADDRINUSE' ? 'the port is in use' : (origin.code ?? origin.message);
      reject(
        new MoqtError('MOQT_E_LOCAL_IO', `cannot listen on ${host}:${port}: ${why}`, {
          stage: 'config',
          cause: 'listen.failed',
          hint: 'choose another port with --serve [HOST:]PORT; 0 picks a free one',
          origin,
        }),
      );
    });
    server.listen(port, host, () => resolve());
  });
}
