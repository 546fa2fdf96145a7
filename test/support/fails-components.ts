import type { W3cWebTransport } from '../../src/core/transport/w3c/index.js';
import { loopbackCertificate } from './loopback.js';

const LARGE_WINDOW = 16 * 1024 * 1024;

interface SideLimits {
  readonly maxIncomingUni?: number;
  readonly maxIncomingBidi?: number;
  readonly streamWindow?: number;
  readonly connectionWindow?: number;
}

/** What one side of `@fails-components/webtransport` allows the other. */
export interface ForeignLimits {
  readonly initialStreamFlowControlWindow?: number;
  readonly initialSessionFlowControlWindow?: number;
  readonly streamFlowControlWindowSizeLimit?: number;
  readonly sessionFlowControlWindowSizeLimit?: number;
  readonly initialUnidirectionalStreams?: number;
  readonly initialBidirectionalStreams?: number;
  /** The client's names for the same. */
  readonly initialUnidirectionalSendStreams?: number;
  readonly initialBidirectionalSendStreams?: number;
}

/** As the library's options, with windows that do not grow: the compliance cases are about those that they name. */
export function fixedLimits(limits: SideLimits = {}): ForeignLimits {
  const { maxIncomingUni, maxIncomingBidi, streamWindow = 256 * 1024, connectionWindow = LARGE_WINDOW } = limits;
  return {
    initialStreamFlowControlWindow: streamWindow,
    streamFlowControlWindowSizeLimit: streamWindow,
    initialSessionFlowControlWindow: connectionWindow,
    sessionFlowControlWindowSizeLimit: connectionWindow,
    ...(maxIncomingUni === undefined
      ? {}
      : { initialUnidirectionalStreams: maxIncomingUni, initialUnidirectionalSendStreams: maxIncomingUni }),
    ...(maxIncomingBidi === undefined
      ? {}
      : { initialBidirectionalStreams: maxIncomingBidi, initialBidirectionalSendStreams: maxIncomingBidi }),
  };
}

interface ForeignLibrary {
  readonly WebTransport: new (url: string, options: object) => W3cWebTransport;
  readonly Http2Server: new (options: object) => ForeignHttp2Server;
}

interface ForeignHttp2Server {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  startServer(): void;
  stopServer(): void;
  address(): { readonly port: number } | null;
  setRequestCallback(callback: (request: { header: Record<string, unknown> }) => Promise<object>): void;
  sessionStream(path: string): { getReader(): { read(): Promise<{ done: boolean; value?: W3cWebTransport }> } };
}

/** The library. It writes to the console that its HTTP/3 addon is not there, which is none of these tests' business. */
export async function foreignLibrary(): Promise<ForeignLibrary> {
  return (await import('@fails-components/webtransport')) as unknown as ForeignLibrary;
}

const PATH = '/moq';

export interface ForeignServer {
  readonly port: number;
  readonly url: string;
  readonly sha256: Uint8Array;
  /** The next session that a client opens. */
  accept(): Promise<W3cWebTransport>;
  close(): void;
}

/** Its HTTP/2 server on a free port of the loopback address; it chooses the first protocol that is offered. */
export async function foreignServer(limits: ForeignLimits = {}): Promise<ForeignServer> {
  const { Http2Server } = await foreignLibrary();
  const { certPem, keyPem, sha256 } = await loopbackCertificate();
  const server = new Http2Server({
    host: '127.0.0.1',
    port: 0,
    secret: 'unused over HTTP/2',
    cert: certPem,
    privKey: keyPem,
    ...limits,
  });
  server.setRequestCallback(async ({ header }) => ({
    status: 200,
    path: header[':path'],
    header,
    selectedProtocol: (header['wt-available-protocols'] as readonly string[] | undefined)?.[0],
  }));
  server.startServer();
  await server.ready;
  const port = server.address()?.port ?? 0;
  const sessions = server.sessionStream(PATH).getReader();
  return {
    port,
    url: `https://127.0.0.1:${port}${PATH}`,
    sha256,
    accept: async () => {
      const { value } = await sessions.read();
      if (value === undefined) throw new Error('the server accepts no more sessions');
      return value;
    },
    close: () => server.stopServer(),
  };
}

/** Its client, over HTTP/2. */
export async function foreignClient(
  url: string,
  sha256: Uint8Array,
  options: ForeignLimits & { readonly protocols?: readonly string[] } = {},
): Promise<W3cWebTransport> {
  const { WebTransport } = await foreignLibrary();
  return new WebTransport(url, {
    forceReliable: true,
    serverCertificateHashes: [{ algorithm: 'sha-256', value: sha256 }],
    protocols: ['moqt-18'],
    ...options,
  });
}
