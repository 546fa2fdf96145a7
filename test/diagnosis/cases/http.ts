import { createSecureServer } from 'node:http2';
import { selfSigned } from '../../support/certs.js';
import { tlsServer } from '../../support/tcp-servers.js';
import type { DiagnosisCase } from '../case.js';
import type { Lab } from '../lab.js';

const status = (code: number, cause: string, exit: number, hint: readonly string[] = []): DiagnosisCase => ({
  name: `${cause}: status ${code}`,
  expect: { cause, exit, withinMs: 2000, hint, message: [String(code)] },
  start: (lab) => lab.relay({ faults: [`http-status:${code}`], scheme: 'https', path: 'some/path' }),
});

/** Node's own HTTP/2, which knows nothing of WebTransport. */
async function plainHttp2(lab: Lab): Promise<number> {
  const { certPem: cert, keyPem: key } = await selfSigned();
  const server = createSecureServer({ cert, key });
  server.on('session', (session) => session.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lab.defer(() => server.close());
  return (server.address() as { port: number }).port;
}

const H2 = ['--transport', 'webtransport-h2', '--insecure'];

export const httpCases: readonly DiagnosisCase[] = [
  {
    name: 'http3.no-settings: an HTTP/3 that says nothing',
    expect: { cause: 'http3.no-settings', exit: 6, withinMs: 4000 },
    start: (lab) => lab.relay({ faults: ['no-settings'], scheme: 'https' }),
  },
  {
    name: 'webtransport.unsupported: a plain web server',
    expect: { cause: 'webtransport.unsupported', exit: 7, withinMs: 2000, hint: ['moqt://'] },
    start: (lab) => lab.relay({ faults: ['no-webtransport'], scheme: 'https' }),
  },
  {
    name: 'webtransport.unsupported: a plain web server over HTTP/2',
    expect: { cause: 'webtransport.unsupported', exit: 7, withinMs: 2000 },
    start: async (lab) => ({ url: `https://127.0.0.1:${await plainHttp2(lab)}/`, args: H2 }),
  },
  {
    name: 'http2.no-settings: TLS with ALPN h2, and nothing more',
    expect: { cause: 'http2.no-settings', exit: 6, withinMs: 4000 },
    async start(lab) {
      const { certPem: cert, keyPem: key } = await selfSigned();
      const server = await tlsServer({ cert, key, ALPNProtocols: ['h2'] });
      lab.defer(() => server.close());
      return { url: `https://127.0.0.1:${server.port}/`, args: H2 };
    },
  },
  {
    name: 'webtransport.unauthorized: a wrong token',
    expect: { cause: 'webtransport.unauthorized', exit: 5, withinMs: 2000, hint: ['--auth-token'] },
    start: (lab) =>
      lab.relay({ authToken: 'right', scheme: 'https', args: ['--header', 'Authorization: Bearer wrong'] }),
  },
  status(401, 'webtransport.unauthorized', 5, ['token']),
  status(403, 'webtransport.unauthorized', 5, ['token']),
  status(404, 'webtransport.not-found', 8, ['path']),
  status(429, 'webtransport.rejected', 8),
  status(500, 'webtransport.rejected', 8),
  {
    name: 'webtransport.redirect: to another host',
    expect: { cause: 'webtransport.redirect', exit: 8, withinMs: 2000 },
    start: (lab) => lab.relay({ faults: ['redirect:https://there.example/moq'], scheme: 'https' }),
  },
  {
    name: 'webtransport.timeout: CONNECT is not answered',
    expect: { cause: 'webtransport.timeout', exit: 6, withinMs: 4000 },
    start: (lab) => lab.relay({ faults: ['never-answer:connect'], scheme: 'https' }),
  },
  {
    name: 'protocol.mismatch: moq-lite',
    expect: { cause: 'protocol.mismatch', exit: 7, withinMs: 3000, message: ['moq-lite-03'] },
    start: (lab) => lab.relay({ faults: ['wrong-protocol'], scheme: 'https' }),
  },
  {
    name: 'protocol.mismatch: a draft that was not offered',
    expect: { cause: 'protocol.mismatch', exit: 7, withinMs: 3000, message: ['moqt-99'] },
    start: (lab) => lab.relay({ faults: ['wrong-protocol:moqt-99'], scheme: 'https' }),
  },
];
