// Beside the peer to beat: aiomoqt (Python over a C transport), direct and through moq-relay-ietf, in turns with ours.
import { interleave, ratio, show, spread } from '../lib/arms.mjs';
import { aiomoqtDirect, aiomoqtRelayed, startForeignRelay } from '../lib/foreign.mjs';
import { trackDirect, trackThrough, trackThroughOurs } from '../lib/throughput.mjs';

const OBJECT_SIZE = 4096;
const PACED = { objectSize: 1000, rate: 5000 };

const figure = (result) =>
  result.best === null
    ? `– (${result.voided.at(-1)?.slice(0, 60)})`
    : `${((result.best * 8) / 1000).toFixed(2)} Gbit/s, ${show((result.best * 1e6) / OBJECT_SIZE)} obj/s (${spread(result)})`;

/** The one arm against the other; without the peer ours is only reported. */
function row(what, ours, theirs, bar, note) {
  return {
    id: 'peer',
    what,
    ours: figure(ours),
    reference: figure(theirs),
    ratio: ratio(ours, theirs),
    bar,
    note,
    ours_: ours,
    reference_: theirs,
  };
}

export async function peer(context) {
  const { peers } = context;
  const rows = [];
  const aiomoqt = peers.loopback && peers.publisher && peers.subscriber;
  if (!aiomoqt)
    rows.push({ id: 'peer', what: 'aiomoqt', skipped: `not in ${peers.cache}: npm run test:interop installs it` });
  if (!peers.relay)
    rows.push({
      id: 'peer',
      what: 'moq-relay-ietf',
      skipped: `not in ${peers.cache}: npm run test:interop installs it`,
    });
  const seconds = context.quick ? 2 : 3;
  const bytes = context.bytes >> 1;
  if (aiomoqt) {
    context.log('peer: direct, 4 KiB objects');
    const arms = await interleave(
      {
        theirs: () => aiomoqtDirect(context, { objectSize: OBJECT_SIZE, seconds }),
        ours: () => trackDirect(context, { bytes, objectSize: OBJECT_SIZE, warmUpBytes: 0 }),
      },
      context,
    );
    rows.push(row('direct, 4 KiB', arms.ours, arms.theirs, { atLeast: 1 }, 'aiomoqt moq-loopback-bench'));
  }
  if (aiomoqt && peers.relay) rows.push(...(await relayed(context, bytes, seconds)));
  return rows;
}

async function relayed(context, bytes, seconds) {
  const relay = await startForeignRelay(context);
  try {
    context.log('peer: through moq-relay-ietf, 4 KiB objects');
    const before = relay.drops();
    const arms = await interleave(
      {
        theirs: () => aiomoqtRelayed(context, relay.port, { objectSize: OBJECT_SIZE, seconds }),
        // The relay's socket is its own affair: what it drops is part of what it does to both.
        ours: () => trackThrough(context, relay.port, { bytes, objectSize: OBJECT_SIZE, warmUpBytes: 0 }),
      },
      context,
    );
    const note = `aiomoqt moq-pub-bench and moq-sub-bench; ${relay.drops() - before} drops at the relay's socket in all`;
    return [row('moq-relay-ietf, 4 KiB', arms.ours, arms.theirs, { atLeast: 1 }, note)];
  } finally {
    await relay.stop();
  }
}

export async function p7(context) {
  const seconds = context.quick ? 2 : 3;
  const load = { ...PACED, bytes: PACED.rate * seconds * PACED.objectSize };
  const negative = (result) => ({ ...result, value: -(result.delays?.p50 ?? Number.NaN) });
  context.log('P7: paced, 5000 objects a second of 1000 B');
  const arms = {
    direct: async () => negative(await trackDirect(context, load)),
    ours: async () => negative(await trackThroughOurs(context, load)),
  };
  const relay = context.peers.relay ? await startForeignRelay(context) : null;
  try {
    if (relay) {
      arms.foreign = async () => negative(await trackThrough(context, relay.port, load));
      if (context.peers.publisher)
        arms.theirs = async () => negative(await aiomoqtRelayed(context, relay.port, { ...PACED, seconds }));
    }
    const results = await interleave(arms, context);
    const labels = {
      direct: 'paced, ours direct',
      ours: 'paced, our relay',
      foreign: 'paced, moq-relay-ietf',
      theirs: 'paced, aiomoqt through moq-relay-ietf',
    };
    return Object.entries(results).map(([name, { details, values }]) => ({
      id: 'P7',
      what: labels[name],
      ours: details?.delays ? `p50 ${show(details.delays.p50)} ms, p99 ${show(details.delays.p99)} ms` : '–',
      reference: 'p50 0.4, p99 0.8 ms',
      ratio: null,
      bar: null,
      ours_: { details, values },
    }));
  } finally {
    await relay?.stop();
  }
}
