// What all figures share: the options, a certificate, the machine, and the foreign programs that are installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { arch, cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/bundle-folder.mjs';
import { cache } from '../../test/interop/peers.mjs';

export const moqt = join(root, 'bin/run.js');

/** Certificate and key for 127.0.0.1, made by openssl because foreign programs take files. */
export function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'moqt-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const cert = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  const made = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '13'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', cert],
    ],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.error ?? made.stderr}`);
  return { folder, cert, key, pair: { certPem: readFileSync(cert, 'utf8'), keyPem: readFileSync(key, 'utf8') } };
}

function installed(path) {
  return existsSync(path) ? path : null;
}

/** Foreign programs that `npm run test:interop` has put into its cache; nothing is installed here. */
export function findPeers() {
  const aiomoqt = (name) => installed(join(cache, 'aiomoqt/bin', name));
  return {
    loopback: aiomoqt('moq-loopback-bench'),
    publisher: aiomoqt('moq-pub-bench'),
    subscriber: aiomoqt('moq-sub-bench'),
    relay: installed(join(cache, 'cargo/bin/moq-relay-ietf')),
    cache,
  };
}

export function hasProgram(name, ...args) {
  return spawnSync(name, args.length > 0 ? args : ['--version'], { stdio: 'ignore' }).status === 0;
}

export function machine() {
  const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return {
    cpu: cpus()[0]?.model.trim() ?? arch(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    quic: `@matrixai/quic ${version('@matrixai/quic')}`,
    koffi: existsSync(join(root, 'node_modules/koffi')) ? version('koffi') : null,
    commit: git.status === 0 ? git.stdout.trim() : null,
    loadAtStart: loadavg()[0],
  };
}
