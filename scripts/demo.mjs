// `npm run demo`: the main job on real parts. A relay in its own process, a real file through it on a real QUIC socket,
// a subscriber in another process, and SHA-256 on both ends.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const moqt = join(root, 'bin/run.js');
// A real file that every clone has.
const file = join(root, 'node_modules/typescript/lib/typescript.js');
const folder = mkdtempSync(join(tmpdir(), 'moqt-demo-'));
const children = new Set();
const deadline = setTimeout(() => fail('the demo took longer than 60 s'), 60_000);

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function fail(message) {
  console.error(`demo failed: ${message}`);
  process.exit(1);
}

function start(args, stdout = 'pipe') {
  const child = spawn(process.execPath, [moqt, ...args], { stdio: ['ignore', stdout, 'pipe'] });
  children.add(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const done = new Promise((resolve) => {
    child.on('close', (code, signal) => {
      children.delete(child);
      resolve({ code, signal, stderr });
    });
  });
  return { child, done };
}

/** The first JSON line that a child prints. */
function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))));
    });
    child.on('close', () => reject(new Error(`the relay ended before it listened: ${text}`)));
  });
}

const digest = (path) =>
  new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(path)
      .on('data', (chunk) => hash.update(chunk))
      .on('error', reject)
      .on('end', () => resolve(hash.digest('hex')));
  });

const relay = start(['relay', '--listen', '127.0.0.1:0', '--jsonl']);
const listening = await firstLine(relay.child).catch((error) => fail(error.message));
const url = listening.urls.find((candidate) => candidate.startsWith('moqt:'));
console.log(`relay       ${url}  (pid ${relay.child.pid}, drafts ${listening.drafts.join(', ')})`);
console.log(`certificate sha256 ${listening.certificate.sha256}`);

const trust = ['--cert-sha256', listening.certificate.sha256];
const out = join(folder, 'received');
const fd = openSync(out, 'w');
const began = process.hrtime.bigint();
const subscriber = start(['subscribe', url, 'demo', 'file', '--wait', '20s', '--json', ...trust], fd);
closeSync(fd);
console.log(`subscribe   demo file  (pid ${subscriber.child.pid})`);
const publisher = start(['publish', url, 'demo', 'file', file, '--json', ...trust]);
console.log(`publish     ${statSync(file).size} bytes of typescript.js  (pid ${publisher.child.pid})`);

const [published, received] = await Promise.all([publisher.done, subscriber.done]);
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
if (published.code !== 0) fail(`publish exit ${published.code}: ${published.stderr}`);
if (received.code !== 0) fail(`subscribe exit ${received.code}: ${received.stderr}`);

const [sent, got] = await Promise.all([digest(file), digest(out)]);
console.log(`sent        sha256 ${sent}`);
console.log(`received    sha256 ${got}  (${statSync(out).size} bytes)`);
if (sent !== got) fail('the digests differ');

relay.child.kill('SIGTERM');
const ended = await relay.done;
console.log(`relay       drained and ended with ${ended.code}`);
if (ended.code !== 143) fail(`the relay ended with ${ended.code} instead of 143: ${ended.stderr}`);
console.log(`identical, end to end, in ${seconds.toFixed(2)} s`);
clearTimeout(deadline);
