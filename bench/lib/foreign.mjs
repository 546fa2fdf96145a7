// Foreign programs in a run: moq-relay-ietf, and aiomoqt's bench.

import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { end, start } from './processes.mjs';

export function freePort() {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** Packets dropped so far at the UDP socket with this local port. */
export function socketDrops(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  let drops = 0;
  for (const file of ['/proc/net/udp', '/proc/net/udp6']) {
    for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.split(':')[1] === hex) drops += Number(fields.at(-1));
    }
  }
  return drops;
}

function isBound(port) {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/udp', '/proc/net/udp6'].some((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .some((line) => line.trim().split(/\s+/)[1]?.endsWith(hex)),
  );
}

export async function startForeignRelay(context) {
  const port = await freePort();
  const args = ['--bind', `127.0.0.1:${port}`, '--tls-cert', context.cert, '--tls-key', context.key];
  const relay = start(context.peers.relay, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: context.folder });
  for (let tries = 0; !isBound(port); tries++) {
    if (tries > 200 || relay.child.exitCode !== null)
      throw new Error(`moq-relay-ietf: ${relay.output.stderr.slice(-400)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { port, drops: () => socketDrops(port), stop: () => end(relay) };
}

/** What aiomoqt's bench prints at its end. */
function parseSummary(text) {
  const number = (pattern) => {
    const match = pattern.exec(text)?.[1];
    return match === undefined ? null : Number(match.replaceAll(',', ''));
  };
  const megabits = number(/Throughput:\s+([\d.,]+) Mbps/);
  if (megabits === null) throw new Error(`no result: ${text.trim().slice(-300)}`);
  return {
    value: megabits / 8,
    objectsPerSecond: number(/ObjRate:\s+([\d.,]+) obj/),
    delays: { p50: number(/p50=([\d.]+)/), p95: number(/p95=([\d.]+)/), p99: number(/p99=([\d.]+)/) },
  };
}

const common = (context, { objectSize, rate }) => [
  ...['-k', '--draft', context.draft],
  ...(rate === undefined ? ['--no-stats'] : []),
  ...(objectSize === undefined ? [] : ['-s', String(objectSize)]),
];

export async function aiomoqtDirect(context, { objectSize, rate, seconds }) {
  const port = await freePort();
  const program = start(context.peers.loopback, [
    ...['-Q', '--cert', context.cert, '--key', context.key, '-p', String(port), '-t', String(seconds), '-i', '60'],
    ...(rate === undefined ? [] : ['-r', String(rate)]),
    ...common(context, { objectSize, rate }),
  ]);
  await program.done;
  return parseSummary(program.output.stdout + program.output.stderr);
}

let tracks = 0;

export async function aiomoqtRelayed(context, port, { objectSize, rate, seconds }) {
  const url = `moqt://127.0.0.1:${port}`;
  const name = ['-N', `peer${process.pid}`, '-T', `t${++tracks}`];
  const publisher = start(context.peers.publisher, [
    ...[url, ...name, '--pub-ns', '-t', String(seconds + 4)],
    ...(rate === undefined ? [] : ['-r', String(rate)]),
    ...common(context, { objectSize, rate }),
  ]);
  try {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const subscriber = start(context.peers.subscriber, [
      ...[url, ...name, '-t', String(seconds), '-i', '60'],
      ...common(context, { rate }),
    ]);
    await subscriber.done;
    return parseSummary(subscriber.output.stdout + subscriber.output.stderr);
  } finally {
    await end(publisher);
  }
}
