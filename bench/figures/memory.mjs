// P12, P19: what is held, and whether it grows.
import { readFileSync } from 'node:fs';
import { moqt } from '../lib/context.mjs';
import { end, start } from '../lib/processes.mjs';
import { withWorkers } from '../lib/throughput.mjs';

const SESSIONS = 200;
const PROMISED_IDLE_BYTES = 40e6;

function rss(pid) {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 1500));
const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

export async function p12(context) {
  context.log('P12: memory of an idle subscriber, and of a session in the relay');
  return [await idleSubscriber(context), await perSession(context)];
}

function idleSubscriber(context) {
  return withWorkers(async (go) => {
    const relay = go('relay', { pair: context.pair });
    const { port } = await relay.event('listening');
    const args = ['subscribe', `moqt://127.0.0.1:${port}`, 'bench', 'idle', '--insecure', '--wait', '-q'];
    const subscriber = start(process.execPath, [moqt, ...args]);
    await settle();
    if (subscriber.child.exitCode !== null) throw new Error(`subscribe: ${subscriber.output.stderr.slice(-400)}`);
    const bytes = rss(subscriber.child.pid);
    await end(subscriber);
    return {
      id: 'P12',
      what: 'idle subscriber',
      ours: mb(bytes),
      reference: `${mb(PROMISED_IDLE_BYTES)} (bare node)`,
      ratio: bytes / PROMISED_IDLE_BYTES,
      bar: { atMost: 1.6 },
    };
  });
}

/** RSS that a session adds to its server, beyond what the first ones cost. */
function sessionBytes(context, role, setup) {
  return withWorkers(async (go) => {
    const server = go(role, { pair: context.pair });
    const { port } = await server.event('listening');
    await go('hold-sessions', { port, count: SESSIONS, setup }).event('holding');
    await settle();
    const before = rss(server.child.pid);
    await go('hold-sessions', { port, count: SESSIONS, setup }).event('holding');
    await settle();
    return (rss(server.child.pid) - before) / SESSIONS;
  });
}

async function perSession(context) {
  const ours = [];
  const raw = [];
  const rounds = Math.min(3, context.rounds);
  for (let round = 0; round < rounds; round++) {
    raw.push(await sessionBytes(context, 'raw-host', false));
    ours.push(await sessionBytes(context, 'relay', true));
  }
  const [a, b] = [Math.min(...ours), Math.min(...raw)];
  const kB = (values) => `${(Math.min(...values) / 1e3).toFixed(0)} kB (to ${(Math.max(...values) / 1e3).toFixed(0)})`;
  return {
    id: 'P12',
    what: 'a session in the relay',
    ours: kB(ours),
    reference: `raw session ${kB(raw)}`,
    ratio: a / b,
    bar: { atMost: 1.3 },
  };
}

export async function p19(context) {
  const groups = context.quick ? 20_000 : 100_000;
  context.log(`P19: memory over ${groups} groups`);
  const objectSize = 64;
  const nodeArgs = ['--expose-gc'];
  const load = {
    draft: context.draft,
    namespace: `slope-${process.pid}`,
    bytes: groups * objectSize,
    objectSize,
    groupObjects: 1,
    watchMemory: true,
  };
  const slopes = await withWorkers(async (go) => {
    const relay = go('relay', { pair: context.pair, watchMemory: true }, { nodeArgs });
    const { port } = await relay.event('listening');
    const publisher = go('track-publish', { ...load, port }, { nodeArgs });
    await publisher.event('connected');
    const reader = go('track-read', { ...load, port }, { nodeArgs });
    const received = await reader.event('received', 600_000);
    if (received.bytes !== load.bytes || received.gaps > 0) throw new Error('not everything arrived');
    const sent = await publisher.event('sent');
    await relay.stop();
    const relayed = await relay.event('relayed');
    // Samples are taken evenly in time; groups pass evenly enough.
    return { publisher: sent.memory, relay: relayed.memory, subscriber: received.memory };
  });
  return Object.entries(slopes).map(([who, samples]) => {
    const perGroup = slope(samples, groups);
    return {
      id: 'P19',
      what: `memory slope, ${who}`,
      ours: perGroup <= 0 ? 'no growth' : `${perGroup.toFixed(2)} B/group`,
      reference: `over ${groups} groups, one run`,
      ratio: Math.max(0, perGroup),
      slope: perGroup,
      bar: { atMost: 1 },
      samples,
    };
  });
}

/** Least squares over the second half: the first fills caches that have a bound. */
function slope(samples, groups) {
  const half = samples.slice(samples.length >> 1);
  const n = half.length;
  if (n < 4) throw new Error(`only ${samples.length} samples of memory`);
  const step = groups / samples.length;
  const meanX = ((n - 1) / 2) * step;
  const meanY = half.reduce((sum, y) => sum + y, 0) / n;
  let above = 0;
  let below = 0;
  half.forEach((y, i) => {
    above += (i * step - meanX) * (y - meanY);
    below += (i * step - meanX) ** 2;
  });
  return above / below;
}
