import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { authority, selfSigned, type TestCertificate } from '../../support/certs.js';
import { UdpProxy } from '../../support/udp-proxy.js';
import { type DiagnosisCase, type Expectation, type Situation, Unavailable } from '../case.js';
import type { Lab } from '../lab.js';

/** Where this is, as it is and as it is bundled. */
const nearby = (path: string): URL => {
  const folder = import.meta.url.replace(/test\/diagnosis\/.*$/, 'test/');
  return new URL(path, folder);
};

let installing: Promise<{ path?: string; skip?: string }> | undefined;

interface Served {
  readonly scheme?: 'moqt' | 'https';
  readonly path?: string;
  readonly args?: readonly string[];
  readonly certificate?: Pick<TestCertificate, 'certPem' | 'keyPem'>;
}

/** A server on aioquic; `mode` with its argument are those of aioquic-server.py. */
async function stranger(lab: Lab, mode: readonly string[], options: Served = {}): Promise<Situation> {
  installing ??= import(nearby('interop/peers.mjs').href).then(({ installers }) => installers.aioquic());
  const { path: python, skip } = (await installing) ?? {};
  if (python === undefined) throw new Unavailable(`aioquic: ${skip}`);
  const { certPem, keyPem } = options.certificate ?? (await selfSigned());
  const files = [lab.file('cert.pem', certPem), lab.file('key.pem', keyPem)];
  const script = fileURLToPath(nearby('diagnosis/aioquic-server.py'));
  const child = spawn(python, [script, ...files, ...mode], { stdio: ['ignore', 'pipe', 'pipe'] });
  lab.defer(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-1000);
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`aioquic-server.py ended with ${code}: ${errors}`);
  });
  ended.catch(() => {});
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  const { scheme = 'moqt', path = '/', args = [] } = options;
  return { url: `${scheme}://127.0.0.1:${Number(line)}${path}`, args: ['--insecure', ...args] };
}

type Words = Pick<Expectation, 'message' | 'hint' | 'warnings'>;

const raw = (
  what: string,
  mode: readonly string[],
  expect: readonly [cause: string, exit: number, withinMs: number],
  words: Words,
  options: Served = {},
): DiagnosisCase => ({
  name: `aioquic, ${expect[0]}: ${what}`,
  expect: { cause: expect[0], exit: expect[1], withinMs: expect[2], ...words },
  start: (lab) => stranger(lab, mode, options),
});

const web: typeof raw = (what, mode, expect, words, options = {}) =>
  raw(what, mode, expect, words, { scheme: 'https', path: '/moq', ...options });

export const aioquicCases: readonly DiagnosisCase[] = [
  raw('version 2 only', ['version-2'], ['quic.version', 7, 1500], { message: ['v2'], hint: ['version 1'] }),
  raw('Retry, then silence', ['retry-dead'], ['quic.timeout', 6, 4000], { hint: ['Retry', 'silent'] }),
  raw('Retry again and again', ['retry-loop'], ['quic.retry-loop', 6, 4000], { hint: ['load balancer'] }),
  raw('Retry with a good token, and a session without SETUP', ['retry'], ['setup.timeout', 6, 4000], {
    message: ['SETUP'],
    hint: ['--draft'],
  }),
  raw('too many connections', ['refuse'], ['quic.closed', 7, 1500], {
    message: ['CONNECTION_REFUSED', 'too many connections'],
    hint: ['full'],
  }),
  raw('an application that closes in the handshake', ['refuse', '0x7'], ['quic.closed', 7, 1500], {
    message: ['APPLICATION_ERROR'],
    hint: ['log'],
  }),
  raw('refused right behind the handshake', ['refuse-late'], ['setup.closed', 7, 1500], {
    message: ['CONNECTION_REFUSED', 'too many connections'],
    hint: ['logs'],
  }),
  raw('the server is too busy to answer', ['late'], ['udp.no-answer', 6, 4000], {
    message: ['version negotiation'],
    hint: ['overloaded'],
  }),
  {
    name: 'aioquic, quic.timeout: the handshake stops in the middle of the certificates',
    expect: { cause: 'quic.timeout', exit: 6, withinMs: 4000, message: ['did not finish'], hint: ['overloaded'] },
    start: async (lab) => stranger(lab, ['first-datagram'], { certificate: await longChain() }),
  },
  {
    name: 'aioquic, quic.mtu: handshake packets of 1400 bytes in a tunnel of 1300',
    expect: { cause: 'quic.mtu', exit: 6, withinMs: 4000, message: ['1200'], hint: ['MTU', 'tunnel'] },
    async start(lab) {
      const { url, args } = await stranger(lab, ['large-packets'], { certificate: await longChain() });
      const target = { host: '127.0.0.1', port: Number(new URL(url.replace('moqt', 'http')).port) };
      const proxy = await UdpProxy.start({ target, seed: 1, toServer: { mtu: 1300 }, toClient: { mtu: 1300 } });
      lab.defer(() => proxy.close());
      return { url: `moqt://127.0.0.1:${proxy.port}/`, args: args ?? [] };
    },
  },
  raw(
    'an ALPN of another draft, refused with handshake_failure',
    ['alpn', 'moqt-16'],
    ['alpn.none', 7, 3000],
    {
      message: ['handshake_failure', 'moqt-18'],
      hint: ['--draft 16'],
    },
    { args: ['--draft', '18'] },
  ),
  raw('looks only at the first protocol', ['first-only', 'moqt-16'], ['alpn.first-only', 7, 3000], {
    message: ['moqt-16'],
    hint: ['--draft 16'],
  }),
  raw('HTTP/3 alone behind a moqt:// URL', ['alpn', 'h3'], ['alpn.none', 7, 3000], { hint: ['https://'] }),
  raw('a protocol that nobody here speaks', ['alpn', 'hq-interop'], ['tls.alert', 4, 3000], {
    message: ['handshake_failure'],
    hint: ['protocol', '--servername'],
  }),
  raw('a client certificate is wanted', ['client-certificate'], ['tls.client-certificate-required', 4, 2000], {
    hint: ['--cert'],
  }),
  raw('the session is closed at once', ['close-after', '0x2'], ['setup.closed', 5, 2000], {
    message: ['UNAUTHORIZED', 'not for you'],
    hint: ['token'],
  }),
  raw('the session is accepted and nothing said', ['silent'], ['setup.timeout', 6, 4000], {
    hint: ['--draft', 'token'],
  }),
  web('a web server', ['web'], ['webtransport.unsupported', 7, 2000], {
    message: ['lack'],
    hint: ['web server', 'moqt://'],
  }),
  web('404', ['status', '404'], ['webtransport.not-found', 8, 2000], { message: ['404', '/moq'], hint: ['path'] }),
  web('401', ['status', '401'], ['webtransport.unauthorized', 5, 2000], { message: ['401'], hint: ['--auth-token'] }),
  web('302', ['status', '302 https://there.example/moq'], ['webtransport.redirect', 8, 2000], {
    message: ['302', 'there.example'],
    hint: ['not followed'],
  }),
  web('503', ['status', '503'], ['webtransport.rejected', 8, 2000], { message: ['503'], hint: ['later'] }),
  web('the connection ends at CONNECT', ['leave'], ['webtransport.rejected', 8, 2000], {
    message: ['H3_INTERNAL_ERROR'],
    hint: ['log'],
  }),
  web('CONNECT stays unanswered', ['no-answer'], ['webtransport.timeout', 6, 4000], { hint: ['path', 'log'] }),
  web('a second control stream', ['two-controls'], ['http3.protocol', 7, 2000], {
    message: ['second stream'],
    hint: ['authors'],
  }),
  web('moq-lite', ['accept', 'moq-lite-02'], ['protocol.mismatch', 7, 2000], {
    message: ['moq-lite-02'],
    hint: ['--draft'],
  }),
  web('CONNECT is accepted and nothing said', ['accept', 'moqt-18'], ['setup.timeout', 6, 4000], { hint: ['token'] }),
  web('the same without a protocol', ['accept'], ['setup.timeout', 6, 4000], {
    hint: ['draft 14'],
    warnings: ['protocol.none'],
  }),
  web('a demonstration that echoes', ['echo'], ['setup.invalid', 7, 2000], {
    message: ['as we sent it'],
    hint: ['sends back'],
    warnings: ['protocol.none'],
  }),
];

/** A leaf with two authorities behind it: more than one packet holds. */
async function longChain(): Promise<Pick<TestCertificate, 'certPem' | 'keyPem'>> {
  const root = await authority('A Root With A Rather Long Name');
  const middle = await root.intermediate('An Intermediate With A Rather Long Name');
  const leaf = await middle.issue();
  return { certPem: [leaf, middle, root].map((one) => one.certPem).join(''), keyPem: leaf.keyPem };
}
