import { createSecureServer } from 'node:http2';
import { listenQuic } from '../../../src/core/transport/quic/index.js';
import { selfSigned } from '../../support/certs.js';
import type { DiagnosisCase, Situation } from '../case.js';
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

/** A QUIC server with ALPN h3 that opens a stream with these bytes on it. */
async function http3Saying(lab: Lab, bytes: Uint8Array): Promise<Situation> {
  const { certPem, keyPem, sha256 } = await selfSigned();
  const listener = await listenQuic(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: ['h3'], idleTimeoutMs: 30_000 },
    (session) => {
      session.openUni().then(
        (stream) => void stream.write(bytes)?.catch(() => {}),
        () => {},
      );
    },
  );
  lab.defer(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
  const hash = Buffer.from(sha256).toString('hex');
  return { url: `https://127.0.0.1:${listener.address.port}/`, args: ['--cert-sha256', hash] };
}

const H2 = ['--transport', 'webtransport-h2', '--insecure'];

export const httpCases: readonly DiagnosisCase[] = [
  {
    name: 'http3.no-settings: an HTTP/3 that says nothing',
    expect: { cause: 'http3.no-settings', exit: 6, withinMs: 4000, hint: ['moqt://', 'log'] },
    start: (lab) => lab.relay({ faults: ['no-settings'], scheme: 'https' }),
  },
  {
    name: 'http3.protocol: a control stream that begins with DATA',
    expect: { cause: 'http3.protocol', exit: 7, withinMs: 2000, message: ['HTTP/3', 'frame 0x0'], hint: ['authors'] },
    start: (lab) => http3Saying(lab, Uint8Array.of(0x00, 0x00, 0x01, 0x61)),
  },
  {
    name: 'http3.protocol: SETTINGS of HTTP/2',
    expect: { cause: 'http3.protocol', exit: 7, withinMs: 2000, message: ['HTTP/3', 'setting 0x4'], hint: ['moqt://'] },
    // RFC 9114 §7.2.4.1: identifiers 2 to 5 are errors.
    start: (lab) => http3Saying(lab, Uint8Array.of(0x00, 0x04, 0x02, 0x04, 0x10)),
  },
  {
    name: 'webtransport.unsupported: a plain web server',
    expect: { cause: 'webtransport.unsupported', exit: 7, withinMs: 2000, hint: ['moqt://'] },
    start: (lab) => lab.relay({ faults: ['no-webtransport'], scheme: 'https' }),
  },
  {
    name: 'webtransport.unsupported: a plain web server over HTTP/2',
    expect: { cause: 'webtransport.unsupported', exit: 7, withinMs: 2000, hint: ['web server', 'moqt://'] },
    start: async (lab) => ({ url: `https://127.0.0.1:${await plainHttp2(lab)}/`, args: H2 }),
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
  status(429, 'webtransport.rejected', 8, ['limits', 'later']),
  status(500, 'webtransport.rejected', 8, ['log of the server']),
  {
    name: 'webtransport.redirect: to another host',
    expect: { cause: 'webtransport.redirect', exit: 8, withinMs: 2000, hint: ['https://there.example/moq'] },
    start: (lab) => lab.relay({ faults: ['redirect:https://there.example/moq'], scheme: 'https' }),
  },
  {
    name: 'webtransport.timeout: CONNECT is not answered',
    expect: { cause: 'webtransport.timeout', exit: 6, withinMs: 4000, hint: ['path', 'log'] },
    start: (lab) => lab.relay({ faults: ['never-answer:connect'], scheme: 'https' }),
  },
  {
    name: 'protocol.mismatch: moq-lite',
    expect: {
      cause: 'protocol.mismatch',
      exit: 7,
      withinMs: 3000,
      message: ['moq-lite-03', 'another protocol'],
      hint: ['--draft'],
    },
    start: (lab) => lab.relay({ faults: ['wrong-protocol'], scheme: 'https' }),
  },
  {
    name: 'protocol.mismatch: a draft that was not offered',
    expect: { cause: 'protocol.mismatch', exit: 7, withinMs: 3000, message: ['moqt-99'], hint: ['--draft'] },
    start: (lab) => lab.relay({ faults: ['wrong-protocol:moqt-99'], scheme: 'https' }),
  },
];
