// P11: what `moqt probe` takes beside what the network takes: a handshake and the round trips of SETUP.
import { createHash, X509Certificate } from 'node:crypto';
import { interleave } from '../lib/arms.mjs';
import { moqt } from '../lib/context.mjs';
import { start, startWorker } from '../lib/processes.mjs';

const DELAYS_MS = [0, 25];
const ROUNDS = 9;

/** Wall time of a whole process; more is better everywhere else. */
async function wallMs(args) {
  const startedAt = performance.now();
  const { output, done } = start(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const { code } = await done;
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}: ${output.stderr.slice(-300)}`);
  return -(performance.now() - startedAt);
}

export async function p11(context) {
  const pin = createHash('sha256').update(new X509Certificate(context.pair.certPem).raw).digest('hex');
  const relay = startWorker('relay', { pair: context.pair });
  try {
    const { port } = await relay.event('listening');
    const rows = [];
    for (const delayMs of DELAYS_MS) rows.push(await atDelay(context, { port, pin, delayMs }));
    return rows;
  } finally {
    await relay.stop();
  }
}

async function atDelay(context, { port, pin, delayMs }) {
  context.log(`P11: probe at ${delayMs} ms each way`);
  const way = startWorker('delay', { port, delayMs });
  const warm = [];
  try {
    const { port: entrance } = await way.event('listening');
    const url = `moqt://127.0.0.1:${entrance}/`;
    const opener = startWorker('opener', { url, pin });
    warm.push(opener);
    await opener.event('ready');
    const arms = await interleave(
      {
        node: () => wallMs(['-e', '0']),
        probe: () => wallMs([moqt, 'probe', url, '--cert-sha256', pin]),
        open: async () => {
          opener.child.stdin.write('open\n');
          return -(await opener.event('opened')).ms;
        },
      },
      { rounds: Math.max(ROUNDS, context.rounds), log: context.log },
    );
    const own = (pick) => pick(arms.node) - pick(arms.probe);
    const times = ({ best, values }) => `${(-best).toFixed(1)} ms (to ${(-Math.min(...values)).toFixed(0)})`;
    const ratioOf = (pick) => own(pick) / -pick(arms.open);
    return {
      id: 'P11',
      what: `moqt probe less node -e 0, ${delayMs} ms each way`,
      ours: `${own(({ best }) => best).toFixed(1)} ms`,
      reference: `a session opened in a running process ${times(arms.open)}`,
      ratio: { best: ratioOf(({ best }) => best), median: ratioOf(({ median }) => median) },
      bar: { atMost: 2 },
      note: `probe ${times(arms.probe)}, node -e 0 ${times(arms.node)}`,
      ours_: arms.probe,
      reference_: arms.open,
      node_: arms.node,
    };
  } finally {
    for (const one of [...warm, way]) await one.stop();
  }
}
