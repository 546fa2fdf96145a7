// `npm run test:interop`: real data through foreign relays and clients on loopback, with the built binary, as users run it.
// Prints one line a case and ends with `N passed, N failed, N skipped`.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installers } from './peers.mjs';
import { end, finish, moqt, runMoqt, start, until } from './processes.mjs';
import { relays, startMediamtx } from './relays.mjs';

const only = process.argv[2];
const counts = { passed: 0, failed: 0, skipped: 0 };
const folder = mkdtempSync(join(tmpdir(), 'moqt-interop-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const { generateCertificate } = await import('../../dist/index.js');
const made = await generateCertificate({ hosts: ['localhost', '127.0.0.1', '::1'], days: 13 });
const certificate = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
writeFileSync(certificate.cert, made.certPem);
writeFileSync(certificate.key, made.keyPem, { mode: 0o600 });
const trust = ['--cert-sha256', Buffer.from(made.sha256).toString('hex')];

async function check(name, body) {
  if (only && !name.includes(only)) return;
  const began = Date.now();
  try {
    const detail = await body();
    counts.passed++;
    console.log(`ok      ${name}${detail ? ` — ${detail}` : ''} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    counts.failed++;
    console.log(`FAILED  ${name}\n        ${String(error.message).replaceAll('\n', '\n        ')}`);
  }
}

function skip(name, count, why) {
  if (only && !name.includes(only)) return;
  counts.skipped += count;
  console.log(`SKIPPED ${name} (${count} cases): ${why}`);
}

const digest = (path) =>
  new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(path)
      .on('data', (chunk) => hash.update(chunk))
      .on('error', reject)
      .on('end', () => resolve(hash.digest('hex')));
  });

/** Publishes a file through a relay, subscribes in another process, and compares SHA-256. */
async function byteExact(relay, transport, draft, file) {
  const url = relay.url(transport);
  const track = ['interop/bytes', `t${draft}${transport}`];
  const flags = [...trust, '--draft', draft];
  const out = join(folder, 'received');
  const fd = openSync(out, 'w');
  const subscriber = start(process.execPath, [moqt, 'subscribe', url, ...track, '--wait', '20s', '--json', ...flags], {
    stdout: fd,
  });
  closeSync(fd);
  const publisher = start(process.execPath, [moqt, 'publish', url, ...track, file, '--json', ...flags]);
  const [received, published] = await Promise.all([finish(subscriber, 90_000), finish(publisher, 90_000)]);
  const size = statSync(out).size;
  const say = (name, result) =>
    `${name} exit ${result.code} ${result.signal ?? ''} ${result.stderr.trim().slice(-600)}`;
  if (received.code !== 0 || published.code !== 0)
    throw new Error(
      `${say('subscribe', received)}\n${say('publish', published)}\nreceived ${size} bytes\nrelay: ${relay.output().slice(-400)}`,
    );
  const [sent, got] = await Promise.all([digest(file), digest(out)]);
  if (sent !== got) throw new Error(`sha256 differs: sent ${sent}, received ${got} (${size} bytes)`);
  return `${size} bytes, sha256 ${got.slice(0, 12)}…`;
}

const file = join(folder, 'data');
writeFileSync(file, randomBytes(64 * 1024 * 1024));

for (const relay of relays) {
  const cases = relay.drafts.flatMap((draft) => relay.transports.map((transport) => ({ draft, transport })));
  if (
    only &&
    !cases.some(({ draft, transport }) => `${relay.name} draft ${draft} ${transport}: 64 MiB byte-exact`.includes(only))
  )
    continue;
  const installed = await installers[relay.program]();
  if (installed.skip) {
    skip(`${relay.name}: 64 MiB byte-exact`, cases.length, installed.skip);
    continue;
  }
  for (const { draft, transport } of cases) {
    await check(`${relay.name} draft ${draft} ${transport}: 64 MiB byte-exact`, async () => {
      const server = await relay.start(installed.path, { certificate, trust, draft });
      try {
        return await byteExact(server, transport, draft, file);
      } finally {
        await server.stop();
      }
    });
  }
}

/** What `probe --matrix` must find out about each: which it is, which of its combinations work, and what it does. */
const known = {
  'moq-relay-ietf': {
    guess: 'moq-relay-ietf (Cloudflare)',
    works: ['18 quic', '18 webtransport'],
    behaviour: { servesFetch: true, acceptsPublish: true, forwardsObjects: true, answersTrackStatus: true },
    earlyData: false,
    quirks: ['relay.quirk.random-reason'],
  },
  'moq-relay': {
    guess: 'moq-relay (moq-dev)',
    works: ['18 quic', '18 webtransport'],
    behaviour: { servesFetch: true, acceptsPublish: false, forwardsObjects: true, blindSubscribeAllowed: false },
    earlyData: false,
    quirks: [],
  },
  aiomoqt: {
    guess: 'aiomoqt',
    works: ['18 quic', '18 webtransport'],
    behaviour: { servesFetch: true, acceptsPublish: true, forwardsObjects: true, replaysAnnouncements: true },
    earlyData: true,
    // Not every time does it outlive a client that moves, so that quirk and migration are no part of this.
    quirks: null,
  },
  'mediamtx quic': {
    guess: 'mediamtx',
    works: ['18 quic'],
    behaviour: { answersFetch: false, answersTrackStatus: false, acceptsPublish: false },
    earlyData: false,
    quirks: ['relay.quirk.closes-on-unknown-request'],
  },
  'mediamtx webtransport': {
    guess: 'mediamtx',
    works: ['18 webtransport'],
    behaviour: { answersFetch: false, answersTrackStatus: false, acceptsPublish: false },
    earlyData: false,
    quirks: ['relay.quirk.text-in-session'],
  },
};

/** Holds the matrix of a relay against what is known of it. */
async function matrixOf(url, accept, { guess, works, behaviour, earlyData, quirks }) {
  const result = await runMoqt(['probe', url, '--matrix', '--json', ...accept]);
  if (result.code !== 0) throw new Error(`exit ${result.code} ${result.stderr}`);
  const { cells, fingerprint } = JSON.parse(result.stdout);
  const same = (what, found, wanted) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      throw new Error(
        `${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}\n${JSON.stringify(fingerprint)}`,
      );
  };
  same(
    'what works',
    cells.filter(({ ok }) => ok).map(({ draft, transport }) => `${draft} ${transport}`),
    works,
  );
  same('implementation', fingerprint.implementation?.guess, guess);
  for (const [name, wanted] of Object.entries(behaviour)) same(name, fingerprint.behaviour[name], wanted);
  same('0-RTT', fingerprint.earlyData.accepted, earlyData);
  if (quirks === null) return `${guess}, ${works.join(' and ')}`;
  same(
    'quirks',
    fingerprint.quirks.map(({ cause }) => cause),
    quirks,
  );
  same('migration', fingerprint.migration.survived, true);
  return `${guess}, ${works.join(' and ')}`;
}

for (const relay of relays) {
  const name = `${relay.name}: probe --matrix knows it`;
  if (only && !name.includes(only)) continue;
  const installed = await installers[relay.program]();
  if (installed.skip) {
    skip(name, 1, installed.skip);
    continue;
  }
  await check(name, async () => {
    const server = await relay.start(installed.path, { certificate, trust, draft: '18' });
    try {
      return await matrixOf(server.url('quic'), trust, known[relay.name]);
    } finally {
      await server.stop();
    }
  });
}

/** Our relay, and its URLs. */
async function ownRelay() {
  const relay = start(process.execPath, [
    moqt,
    'relay',
    '--listen',
    '127.0.0.1:0',
    '--cert',
    certificate.cert,
    '--key',
    certificate.key,
    '--jsonl',
  ]);
  await until(() => relay.output().includes('"listening"'), 'our relay listening', 15_000);
  const { urls } = JSON.parse(
    relay
      .output()
      .split('\n')
      .find((line) => line.includes('"listening"')),
  );
  return { relay, url: (scheme) => urls.find((url) => url.startsWith(scheme)) };
}

{
  const installed = await installers.mediamtx();
  const names = ['quic', 'webtransport'].flatMap((transport) => [
    `mediamtx ${transport}: session`,
    `mediamtx ${transport}: a SUBSCRIBE error is named`,
    `mediamtx ${transport}: probe --matrix knows it`,
  ]);
  if (installed.skip) skip('mediamtx', names.length, installed.skip);
  else if (!only || names.some((name) => name.includes(only))) {
    const server = await startMediamtx(installed.path, { certificate, trust });
    for (const transport of ['quic', 'webtransport']) {
      // Over HTTP/3 it shows a certificate that it makes itself, whatever it was given.
      const accept = transport === 'quic' ? trust : ['--insecure'];
      await check(`mediamtx ${transport}: session`, async () => {
        const result = await runMoqt(['connect', server.url(transport), '--json', '--draft', '18', ...accept]);
        if (result.code !== 0) throw new Error(`exit ${result.code} ${result.stderr}`);
        return `draft ${JSON.parse(result.stdout).draft}`;
      });
      await check(`mediamtx ${transport}: a SUBSCRIBE error is named`, async () => {
        const result = await runMoqt([
          'subscribe',
          server.url(transport),
          'live',
          '.catalog',
          '--json',
          '--draft',
          '18',
          ...accept,
        ]);
        const last = JSON.parse(
          result.stderr
            .trim()
            .split('\n')
            .findLast((line) => line.includes('"error"')) ?? 'null',
        );
        if (!last?.error || ![5, 8].includes(result.code))
          throw new Error(`exit ${result.code} ${result.stdout} ${result.stderr}`);
        return `exit ${result.code}: ${last.error.message}`;
      });
      await check(`mediamtx ${transport}: probe --matrix knows it`, () =>
        matrixOf(server.url(transport), accept, known[`mediamtx ${transport}`]),
      );
    }
    await server.stop();
  }
}

{
  const installed = await installers['moq-test-client']();
  const transports = ['moqt', 'https'];
  if (installed.skip) skip('moq-test-client against our relay', 18 * transports.length, installed.skip);
  else {
    for (const scheme of transports) {
      const label = `moq-test-client against our relay (${scheme})`;
      if (only && !label.includes(only)) continue;
      const { relay, url } = await ownRelay();
      const result = await finish(start(installed.path, ['--relay', url(scheme), '--tls-disable-verify']), 180_000);
      const lines = result.stdout.split('\n').filter((line) => /^(not )?ok \d+/.test(line));
      for (const line of lines) {
        await check(`${label}: ${line.replace(/^(not )?ok \d+ - /, '')}`, async () => {
          if (line.startsWith('not ok')) throw new Error(result.stdout.slice(-2_000));
          if (/# SKIP/i.test(line)) throw new Error(`skipped by the client: ${line}`);
        });
      }
      if (lines.length < 18)
        await check(`${label}: all 18 cases ran`, async () =>
          Promise.reject(
            new Error(`only ${lines.length} ran: ${result.stdout.slice(-500)} ${result.stderr.slice(-500)}`),
          ),
        );
      await end(relay);
    }
  }
}

{
  const installed = await installers['moq-clock-ietf']();
  const name = 'moq-clock-ietf publishes through our relay, moqt receives its track';
  if (installed.skip) skip(name, 1, installed.skip);
  else {
    await check(name, async () => {
      const { relay, url } = await ownRelay();
      const clock = start(installed.path, ['--publish', '--namespace', 'clock', '--tls-disable-verify', url('https')]);
      try {
        const result = await runMoqt(
          ['subscribe', url('https'), 'clock', 'now', '--wait', '10s', '--count', '3', '--frame', 'lines', ...trust],
          { ms: 30_000 },
        );
        const lines = result.stdout.trim().split('\n');
        if (result.code !== 0 || lines.length < 3)
          throw new Error(`exit ${result.code}: ${result.stdout} ${result.stderr} ${clock.output().slice(-500)}`);
        return JSON.stringify(lines[0]);
      } finally {
        await end(clock);
        await end(relay);
      }
    });
  }
}

/** What runs moqt/web over a WebTransport that is not ours: `launch` starts one end, with its stdin and stdout. */
const strangers = [
  {
    // Deno's WebTransport names no protocols, so the draft is 14; the other end speaks 18.
    name: 'deno',
    namespace: 'interop/deno',
    install: () => installers.deno(),
    launch({ path }, direction, url, stdio) {
      const script = fileURLToPath(new URL('./deno/track.mjs', import.meta.url));
      const flags = ['--no-config', '--v8-flags=--expose-gc', '--unstable-net', '--allow-net', '--allow-read'];
      return start(path, ['run', ...flags, script, direction, url, trust[1]], stdio);
    },
  },
  ...['http2', 'http3'].map((http) => ({
    name: `fails-components over ${http === 'http2' ? 'HTTP/2' : 'HTTP/3'}`,
    namespace: 'interop/fails-components',
    install: () => (http === 'http2' ? {} : findAddon()),
    launch(_, direction, url, stdio) {
      const script = fileURLToPath(new URL('./fails-components/track.mjs', import.meta.url));
      return start(process.execPath, [script, direction, url, trust[1], http], stdio);
    },
  })),
];

/** Its HTTP/3 addon is fetched from a code host when it is installed, so it is used where somebody has it. */
async function findAddon() {
  try {
    await import('@fails-components/webtransport-transport-http3-quiche');
    return {};
  } catch {
    return { skip: '@fails-components/webtransport-transport-http3-quiche is not installed' };
  }
}

for (const stranger of strangers) {
  const names = ['publishes', 'subscribes'].map(
    (does) => `${stranger.name}: moqt/web ${does} through our relay, 8 MiB byte-exact`,
  );
  if (only && !names.some((name) => name.includes(only))) continue;
  const installed = await stranger.install();
  if (installed.skip) {
    skip(`${stranger.name}: moqt/web through our relay`, names.length, installed.skip);
    continue;
  }
  const sent = join(folder, 'stranger-sent');
  const got = join(folder, 'stranger-got');
  writeFileSync(sent, randomBytes(8 * 1024 * 1024));
  for (const [index, direction] of ['publish', 'subscribe'].entries()) {
    await check(names[index], async () => {
      const { relay, url } = await ownRelay();
      const [stdin, stdout] = [openSync(sent, 'r'), openSync(got, 'w')];
      const track = [url('https'), stranger.namespace, direction, ...trust, '--draft', '18'];
      const isPublisher = direction === 'publish';
      const ours = start(
        process.execPath,
        [moqt, ...(isPublisher ? ['subscribe', ...track, '--wait', '20s'] : ['publish', ...track])],
        {
          ...(isPublisher ? { stdout } : { stdin }),
        },
      );
      const theirs = stranger.launch(installed, direction, url('https'), {
        stdin: isPublisher ? stdin : 'ignore',
        stdout: isPublisher ? 'pipe' : stdout,
      });
      try {
        const results = await Promise.all([ours, theirs].map((one) => finish(one, 60_000)));
        closeSync(stdin);
        closeSync(stdout);
        const said = results.map(({ code, stderr }) => `exit ${code} ${stderr.trim().slice(-600)}`);
        if (results.some(({ code }) => code !== 0)) throw new Error(said.join('\n'));
        const hashes = await Promise.all([digest(sent), digest(got)]);
        if (hashes[0] !== hashes[1]) throw new Error(`sha256 differs: ${hashes}\n${said.join('\n')}`);
        return `sha256 ${hashes[1].slice(0, 12)}…, there ${results[1].stderr.trim()}`;
      } finally {
        await end(relay);
      }
    });
  }
}

console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);
