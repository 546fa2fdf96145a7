// How each foreign relay is started, and what it speaks.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, freePort, runMoqt, start, until } from './processes.mjs';

/** Starts a relay and waits until it accepts a session. */
async function launch(label, command, args, { url, probeArgs, env, cwd }) {
  const relay = start(command, args, { env, cwd });
  try {
    await until(
      async () => {
        if (relay.child.exitCode !== null)
          throw new Error(`${label} ended with ${relay.child.exitCode}: ${relay.output().slice(-800)}`);
        const probe = await runMoqt(['connect', url('quic'), '--connect-timeout', '1s', '--json', ...probeArgs], {
          ms: 5_000,
        });
        return probe.code === 0;
      },
      `a session with ${label}`,
      30_000,
    );
  } catch (error) {
    await end(relay);
    throw new Error(`${error.message}\n${relay.output().slice(-800)}`);
  }
  return { url, stop: () => end(relay), output: relay.output };
}

const urls =
  (port, path = '') =>
  (transport) =>
    `${transport === 'quic' ? 'moqt' : 'https'}://127.0.0.1:${port}${path}`;

export const relays = [
  {
    name: 'moq-relay-ietf',
    program: 'moq-relay-ietf',
    drafts: ['18'],
    transports: ['quic', 'webtransport'],
    async start(path, { certificate, trust }) {
      const port = await freePort();
      const args = ['--bind', `127.0.0.1:${port}`, '--tls-cert', certificate.cert, '--tls-key', certificate.key];
      return launch('moq-relay-ietf', path, args, { url: urls(port), probeArgs: [...trust, '--draft', '18'] });
    },
  },
  {
    name: 'moq-relay',
    program: 'moq-relay',
    drafts: ['14', '16', '18'],
    transports: ['quic', 'webtransport'],
    async start(path, { certificate, trust, draft }) {
      const port = await freePort();
      const args = [
        ...[
          '--listen',
          `127.0.0.1:${port}`,
          '--listen-tls-cert',
          certificate.cert,
          '--listen-tls-key',
          certificate.key,
        ],
        ...['--auth-public', '**', '--listen-version', `moq-transport-${draft}`],
      ];
      return launch('moq-relay', path, args, { url: urls(port), probeArgs: [...trust, '--draft', draft] });
    },
  },
  {
    name: 'aiomoqt',
    program: 'aiomoqt',
    drafts: ['14', '16', '18'],
    transports: ['quic', 'webtransport'],
    async start(path, { certificate, trust, draft }) {
      const port = await freePort();
      const args = [
        '--bind',
        '127.0.0.1',
        '--port',
        String(port),
        '--cert',
        certificate.cert,
        '--key',
        certificate.key,
        '--dual',
        '--draft',
        draft,
      ];
      return launch('aiomoqt', join(path, 'moq-interop-relay'), args, {
        url: urls(port),
        probeArgs: [...trust, '--draft', draft],
      });
    },
  },
];

/** mediamtx serves WebTransport and raw QUIC on two ports. */
export async function startMediamtx(path, { certificate, trust }) {
  const [quic, wt] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'moqt-mediamtx-'));
  const off = ['rtsp', 'rtmp', 'hls', 'webrtc', 'srt', 'api', 'metrics', 'pprof', 'playback'].map(
    (name) => `${name}: no`,
  );
  const config = [
    ...off,
    'moq: yes',
    `moqHTTP3Address: 127.0.0.1:${wt}`,
    `moqQUICAddress: 127.0.0.1:${quic}`,
    `moqServerKey: ${certificate.key}`,
    `moqServerCert: ${certificate.cert}`,
    'paths:',
    '  all_others:',
    '',
  ].join('\n');
  writeFileSync(join(folder, 'mediamtx.yml'), config);
  const url = (transport) => (transport === 'quic' ? `moqt://127.0.0.1:${quic}/live` : `https://127.0.0.1:${wt}/live`);
  return launch('mediamtx', path, [join(folder, 'mediamtx.yml')], {
    url,
    probeArgs: [...trust, '--draft', '18'],
    cwd: folder,
  });
}
