// One run of each throughput arm. Every run checks that all bytes came, unchanged, and that no socket dropped a packet.
import { VoidRun } from './arms.mjs';
import { startWorker } from './processes.mjs';

let runs = 0;

function judge(received, bytes, drops) {
  if (received.bytes !== bytes) throw new Error(`${received.bytes} of ${bytes} bytes arrived`);
  if (!received.isSame) throw new Error('the content changed on the way');
  if (received.gaps > 0) throw new Error(`${received.gaps} gaps`);
  const dropped = drops.reduce((sum, drop) => sum + (drop ?? 0), 0);
  if (dropped > 0) throw new VoidRun(`${dropped} UDP packets dropped`);
}

/** The first half only has V8 compile what runs, at either arm: it is carried and checked, and not measured. */
const WARM_UP = 0.5;

function warmUp({ bytes, rate, warmUpBytes }) {
  return { warmUpBytes: warmUpBytes ?? (rate === undefined ? Math.floor(bytes * WARM_UP) : 0) };
}

/** Bytes per millisecond is kB/s; the figure is MB/s. */
function outcome(received, extra = {}) {
  const { bytes, measuredBytes = bytes, ms, objects, cpuMs, packetIo, packetSize } = received;
  const objectsPerSecond = objects && ((objects * (measuredBytes / bytes)) / ms) * 1000;
  return { value: measuredBytes / ms / 1000, objectsPerSecond, cpuMs, packetIo, packetSize, ...extra };
}

/** Runs the processes of one run, and ends them all whatever happens. */
export async function withWorkers(body) {
  const workers = [];
  try {
    return await body((...args) => {
      const worker = startWorker(...args);
      workers.push(worker);
      return worker;
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** Server sends, client reads. `raw`: a uni stream of our transport; `bare`: of the library, with the least loop around it. */
export function oneHop(kind, context, { bytes, writeSize }) {
  return withWorkers(async (go) => {
    const server = go(`${kind}-serve`, { bytes, writeSize, pair: context.pair });
    const { port } = await server.event('listening');
    const received = await go(`${kind}-read`, { port, ...warmUp({ bytes }) }).event('received');
    if (kind === 'bare') await server.stop();
    const sent = await server.event('sent');
    judge(received, bytes, [received.drops, sent.drops]);
    return outcome(received);
  });
}

export function rawTwoHops(context, { bytes, writeSize }) {
  return withWorkers(async (go) => {
    const middle = go('splice', { pair: context.pair });
    const { port } = await middle.event('listening');
    const reader = go('raw-read', { port, ...warmUp({ bytes }) });
    await middle.event('session');
    const sender = go('raw-send', { port, bytes, writeSize });
    const received = await reader.event('received');
    const sent = await sender.event('sent');
    await middle.stop();
    const relayed = await middle.event('relayed');
    judge(received, bytes, [received.drops, sent.drops, relayed.drops]);
    return outcome(received, { relayCpuMs: relayed.cpuMs });
  });
}

/** publish → subscribe without a relay. */
export function trackDirect(context, load) {
  return withWorkers(async (go) => {
    const options = { draft: context.draft, namespace: `direct-${++runs}`, ...load, ...warmUp(load) };
    const server = go('track-serve', { ...options, pair: context.pair });
    const { port } = await server.event('listening');
    const received = await go('track-read', { ...options, port }).event('received', 120_000);
    const sent = await server.event('sent');
    judge(received, load.bytes, [received.drops, sent.drops]);
    return outcome(received, { delays: received.delays });
  });
}

/** publish → the relay at `port` → subscribe. `drops` tells what the relay's socket has dropped. */
export function trackThrough(context, port, load, drops = () => 0) {
  return withWorkers(async (go) => {
    const options = {
      draft: context.draft,
      namespace: `relayed-${process.pid}-${++runs}`,
      ...load,
      ...warmUp(load),
      port,
    };
    const publisher = go('track-publish', options);
    await publisher.event('connected');
    const reader = go('track-read', options);
    const received = await reader.event('received', 120_000);
    const sent = await publisher.event('sent');
    judge(received, load.bytes, [received.drops, sent.drops, drops()]);
    return outcome(received, { delays: received.delays });
  });
}

/** publish → our relay, in a process of its own → subscribe. */
export function trackThroughOurs(context, load) {
  return withWorkers(async (go) => {
    const relay = go('relay', { pair: context.pair });
    const { port } = await relay.event('listening');
    const result = await trackThrough(context, port, load);
    await relay.stop();
    const { drops, cpuMs } = await relay.event('relayed');
    if (drops > 0) throw new VoidRun(`${drops} UDP packets dropped at the relay`);
    return { ...result, relayCpuMs: cpuMs };
  });
}
