import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { selfSigned } from '../../support/certs.js';
import { type DiagnosisCase, Unavailable } from '../case.js';
import type { Lab } from '../lab.js';

interface Peer {
  readonly name: string;
  start(
    path: string,
    options: {
      readonly certificate: { readonly cert: string; readonly key: string };
      readonly trust: readonly string[];
      readonly draft: string;
    },
  ): Promise<{ readonly url: (transport: string) => string; stop(): Promise<unknown> }>;
}

let last: Promise<void> = Promise.resolve();

/** Waits for the cases before: mediamtx opens ports that nobody chose. */
async function onlyOne(lab: Lab): Promise<void> {
  const before = last;
  last = new Promise((resolve) => lab.defer(() => resolve()));
  await before;
}

/** Not bundled: these scripts find their files by where they are, which is as far from here as from the bundle. */
const interop = (file: string): string => new URL(`../../interop/${file}`, import.meta.url).href;

/** A relay of others, as the suite of foreign relays installs and starts it. */
async function foreign(lab: Lab, name: string, transport: string, args: readonly string[], draft = '18') {
  const peers = await import(interop('peers.mjs'));
  const { relays, startMediamtx } = await import(interop('relays.mjs'));
  const found: { path?: string; skip?: string } = await peers.installers[name]();
  if (found.path === undefined) throw new Unavailable(`${name}: ${found.skip}`);
  const { certPem, keyPem, sha256 } = await selfSigned();
  const certificate = { cert: lab.file('cert.pem', certPem), key: lab.file('key.pem', keyPem) };
  const trust = ['--cert-sha256', Buffer.from(sha256).toString('hex')];
  if (name === 'mediamtx') await onlyOne(lab);
  const peer: Peer =
    name === 'mediamtx' ? { name, start: startMediamtx } : relays.find((one: Peer) => one.name === name);
  const running = await peer.start(found.path, { certificate, trust, draft });
  lab.defer(() => running.stop());
  // mediamtx makes a certificate of its own for HTTP/3.
  const ownCertificate = name === 'mediamtx' && transport === 'webtransport';
  return { url: running.url(transport), args: [...(ownCertificate ? ['--insecure'] : trust), ...args] };
}

export const realCases: readonly DiagnosisCase[] = [
  ...(['quic', 'webtransport'] as const).map((transport) => ({
    name: `mediamtx closes with code 0 at PUBLISH_NAMESPACE (${transport})`,
    expect: {
      cause: 'request.closed',
      exit: 7,
      withinMs: 5000,
      message: ['PUBLISH_NAMESPACE'],
      hint: ['does not know that message', 'mediamtx', '--via publish'],
    },
    start: (lab: Lab) => foreign(lab, 'mediamtx', transport, ['--announce', 'lab/ns', '--draft', '18']),
  })),
  ...(['moq-relay', 'moq-relay-ietf'] as const).flatMap((name) => [
    {
      name: `${name} is well`,
      expect: { cause: null, exit: 0, withinMs: 5000 },
      start: (lab: Lab) => foreign(lab, name, 'quic', []),
    },
    {
      name: `${name} does not know a track`,
      expect: { cause: 'track.not-found', exit: 8, withinMs: 8000, hint: ['start the publisher'] },
      start: (lab: Lab) => foreign(lab, name, 'webtransport', ['--subscribe', 'lab/ns/track']),
    },
  ]),
  {
    name: 'moq-relay of draft 18 alone, asked for 16',
    expect: { cause: 'alpn.none', exit: 7, withinMs: 3000, hint: ['18'] },
    start: (lab) => foreign(lab, 'moq-relay', 'quic', ['--draft', '16']),
  },
  {
    name: 'a certificate by openssl req -x509 for a year, trusted with --ca',
    expect: { cause: null, exit: 0, withinMs: 3000, warnings: ['tls.not-pinnable'] },
    async start(lab) {
      const [cert, key] = [lab.file('cert.pem', ''), lab.file('key.pem', '')];
      const made = spawnSync('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '365'],
        ...['-keyout', key, '-out', cert, '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ]);
      if (made.status !== 0) throw new Unavailable('openssl does not run here');
      const [certPem, keyPem] = [readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')];
      return lab.relay({ certPem, keyPem, trust: ['--ca', cert] });
    },
  },
];
