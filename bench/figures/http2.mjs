// H2: WebTransport over HTTP/2 beside HTTP/3, through our relay: what a network without UDP costs.
import { interleave, ratio, show, spread } from '../lib/arms.mjs';
import { trackThroughOurs } from '../lib/throughput.mjs';

const TRANSPORTS = ['webtransport-h2', 'webtransport'];
const OBJECT_SIZE = 16_384;
const PACED = { objectSize: 1000, rate: 5000 };

const arms = (run) => Object.fromEntries(TRANSPORTS.map((transport) => [transport, () => run(transport)]));

export async function http2(context) {
  return [await goodput(context), await latency(context)];
}

async function goodput(context) {
  const bytes = context.bytes >> 1;
  context.log(`H2: publish → our relay → subscribe, ${bytes >> 20} MiB`);
  const load = { bytes, objectSize: OBJECT_SIZE };
  const results = await interleave(
    arms((transport) => trackThroughOurs(context, { ...load, transport })),
    context,
  );
  const { 'webtransport-h2': ours, webtransport: reference } = results;
  const text = (result) => `${show(result.best)} MB/s (${spread(result)})`;
  return {
    id: 'H2',
    what: `through our relay, ${OBJECT_SIZE} B, HTTP/2`,
    ours: text(ours),
    reference: text(reference),
    ratio: ratio(ours, reference),
    bar: null,
    note: `HTTP/3 in the same run; ${bytes >> 20} MiB on loopback, where TCP loses nothing`,
    ours_: ours,
    reference_: reference,
  };
}

async function latency(context) {
  const seconds = context.quick ? 2 : 3;
  const load = { ...PACED, bytes: PACED.rate * seconds * PACED.objectSize };
  context.log('H2: paced, 5000 objects a second of 1000 B');
  const run = async (transport) => {
    const result = await trackThroughOurs(context, { ...load, transport });
    return { ...result, value: -(result.delays?.p50 ?? Number.NaN) };
  };
  const { 'webtransport-h2': ours, webtransport: reference } = await interleave(arms(run), context);
  const text = ({ details }) =>
    details?.delays ? `p50 ${show(details.delays.p50)} ms, p99 ${show(details.delays.p99)} ms` : '–';
  return {
    id: 'H2',
    what: 'paced through our relay, HTTP/2',
    ours: text(ours),
    reference: text(reference),
    ratio: ratio(ours, reference),
    bar: null,
    note: 'HTTP/3 in the same run; below 1 is sooner',
    ours_: ours,
    reference_: reference,
  };
}
