import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { selfSigned } from '../../support/certs.js';
import { withFree } from '../../support/free-port.js';
import { tcpServer, tlsServer } from '../../support/tcp-servers.js';
import type { DiagnosisCase, Situation } from '../case.js';
import type { Lab } from '../lab.js';

const H2 = ['--transport', 'webtransport-h2', '--insecure'];

/** WebTransport over HTTP/2 of a TCP service of any kind. */
async function overTcp(lab: Lab, onSocket: (socket: Socket) => void): Promise<Situation> {
  const server = await tcpServer(onSocket);
  lab.defer(() => server.close());
  return { url: `https://127.0.0.1:${server.port}/`, args: H2 };
}

/** The same above TLS with ALPN h2. */
async function overTls(lab: Lab, onSocket: (socket: Socket) => void): Promise<Situation> {
  const { certPem: cert, keyPem: key } = await selfSigned();
  const server = await tlsServer({ cert, key, ALPNProtocols: ['h2'] }, onSocket);
  lab.defer(() => server.close());
  return { url: `https://127.0.0.1:${server.port}/`, args: H2 };
}

const says = (text: string) => (socket: Socket) => {
  socket.resume();
  socket.write(text);
};

/** Our relay by an http:// URL, whose certificate hash a TCP service of this kind is asked for; null: nothing listens there. */
async function hashFrom(lab: Lab, onSocket: ((socket: Socket) => void) | null): Promise<Situation> {
  const relay = async () => {
    const { url } = await lab.relay({ transports: ['quic', 'webtransport'], scheme: 'https' });
    return { port: Number(new URL(url).port) };
  };
  const { port } = await withFree('tcp', relay, async () => {});
  if (onSocket !== null) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      onSocket(socket);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    lab.defer(() => server.close());
  }
  return { url: `http://127.0.0.1:${port}/` };
}

const bootstrap = (
  cause: string,
  exit: number,
  what: string,
  onSocket: ((socket: Socket) => void) | null,
): DiagnosisCase => ({
  name: `${cause}: ${what}`,
  expect: { cause, exit, withinMs: 6000, hint: ['https://', '--cert-sha256'] },
  start: (lab) => hashFrom(lab, onSocket),
});

export const tcpCases: readonly DiagnosisCase[] = [
  {
    name: 'tls.timeout: a service that waits to be spoken to in its own language',
    expect: { cause: 'tls.timeout', exit: 6, withinMs: 4000, message: ['TLS'], hint: ['port'] },
    start: (lab) => overTcp(lab, (socket) => socket.resume()),
  },
  {
    name: 'tls.not-tls: SSH',
    expect: { cause: 'tls.not-tls', exit: 7, withinMs: 2000, message: ['TLS'], hint: ['another service', 'port'] },
    start: (lab) => overTcp(lab, says('SSH-2.0-OpenSSH_9.2p1\r\n')),
  },
  {
    name: 'tls.not-tls: a web server without TLS',
    expect: { cause: 'tls.not-tls', exit: 7, withinMs: 2000, message: ['TLS'], hint: ['port'] },
    start: (lab) => overTcp(lab, says('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')),
  },
  {
    name: 'tls.closed: the connection ends at the ClientHello',
    expect: { cause: 'tls.closed', exit: 7, withinMs: 2000, message: ['closed', 'TLS'], hint: ['middlebox'] },
    start: (lab) => overTcp(lab, (socket) => socket.once('data', () => socket.end())),
  },
  {
    name: 'tls.closed: a reset at the ClientHello',
    expect: { cause: 'tls.closed', exit: 7, withinMs: 2000, message: ['closed', 'TLS'], hint: ['middlebox'] },
    start: (lab) => overTcp(lab, (socket) => socket.once('data', () => socket.resetAndDestroy())),
  },
  {
    name: 'http2.protocol: HTTP/1.1 behind ALPN h2',
    expect: { cause: 'http2.protocol', exit: 7, withinMs: 2000, message: ['HTTP/2'], hint: ['service'] },
    start: (lab) => overTls(lab, says('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')),
  },
  {
    name: 'http2.protocol: closed before SETTINGS',
    expect: {
      cause: 'http2.protocol',
      exit: 7,
      withinMs: 2000,
      message: ['before its SETTINGS'],
      hint: ['port', 'log'],
    },
    start: (lab) => overTls(lab, (socket) => socket.resume().end()),
  },
  {
    name: 'http2.no-settings: TLS with ALPN h2, and nothing more',
    expect: { cause: 'http2.no-settings', exit: 6, withinMs: 4000, message: ['SETTINGS'], hint: ['HTTP/2'] },
    start: (lab) => overTls(lab, (socket) => socket.resume()),
  },
  bootstrap(
    'bootstrap.refused',
    8,
    'status 404',
    says('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
  ),
  bootstrap('tcp.refused', 3, 'nothing listens where the hash should be', null),
  bootstrap('bootstrap.timeout', 6, 'TCP connects and stays silent', (socket) => socket.resume()),
  bootstrap('bootstrap.not-http', 7, 'SSH', says('SSH-2.0-OpenSSH_9.2p1\r\n')),
  bootstrap('bootstrap.closed', 7, 'the connection ends', (socket) => socket.once('data', () => socket.end())),
  bootstrap(
    'bootstrap.malformed',
    4,
    'a page in place of a hash',
    says('HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello'),
  ),
];
