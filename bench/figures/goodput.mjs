// P1, P2, P6: goodput against raw streams of the same transport.
import { interleave, ratio, show, spread } from '../lib/arms.mjs';
import { oneHop, rawTwoHops, trackDirect, trackThroughOurs } from '../lib/throughput.mjs';

const mbps = (result) => `${show(result.best)} MB/s (${spread(result)})`;

function row(id, what, ours, reference, bar, note) {
  return {
    id,
    what,
    ours: mbps(ours),
    reference: mbps(reference),
    ratio: ratio(ours, reference),
    bar,
    note,
    ours_: ours,
    reference_: reference,
  };
}

export async function p1(context) {
  const rows = [];
  for (const [writeSize, share, atLeast] of [
    [16_384, 1, 0.95],
    [1200, 0.5, 0.8],
  ]) {
    const bytes = Math.floor(context.bytes * share);
    context.log(`P1: objects and writes of ${writeSize} bytes, ${bytes >> 20} MiB`);
    const arms = await interleave(
      {
        bare: () => oneHop('bare', context, { bytes, writeSize }),
        raw: () => oneHop('raw', context, { bytes, writeSize }),
        ours: () => trackDirect(context, { bytes, objectSize: writeSize }),
      },
      context,
    );
    const { packetIo, packetSize } = arms.ours.details ?? {};
    const cpu = cpuRatio(arms.ours, arms.raw);
    rows.push(
      row(
        'P1',
        `publish → subscribe, ${writeSize} B`,
        arms.ours,
        arms.raw,
        { atLeast },
        `raw uni stream of our transport; packets ${packetIo} of ${packetSize} B; receiver's CPU ×${cpu}`,
      ),
      row(
        'P1',
        `our transport, writes of ${writeSize} B`,
        arms.raw,
        arms.bare,
        null,
        'the library with the least loop around it: the rest is what our engine costs',
      ),
    );
  }
  return rows;
}

function cpuRatio(a, b) {
  return a.details && b.details ? (a.details.cpuMs / b.details.cpuMs).toFixed(2) : '–';
}

export async function p2(context) {
  const rows = [];
  for (const [size, share] of [
    [16_384, 1],
    [1000, 0.5],
    [128, 0.25],
  ]) {
    const bytes = Math.floor((context.bytes * share) / size) * size;
    context.log(`P2: two hops, objects and writes of ${size} bytes, ${bytes >> 20} MiB`);
    const arms = await interleave(
      {
        splice: () => rawTwoHops(context, { bytes, writeSize: size }),
        ours: () => trackThroughOurs(context, { bytes, objectSize: size }),
      },
      context,
    );
    const [ours, splice] = [arms.ours.details?.relayCpuMs, arms.splice.details?.relayCpuMs];
    const cpu = ours && splice ? (ours / splice).toFixed(2) : '–';
    rows.push(
      row(
        'P2',
        `publish → our relay → subscribe, ${size} B`,
        arms.ours,
        arms.splice,
        { atLeast: 0.9 },
        `raw two-hop splice; the middle's CPU ×${cpu}, start-up included`,
      ),
    );
  }
  return rows;
}

const SIZES = [64, 256, 1024, 4096, 16_384, 65_536, 1_048_576];
/** A three-varint header and a view of the payload, in any language: 40 ns. */
const PARSE_FLOOR_NS = 40;

export async function p6(context) {
  const rows = [];
  const bytesFor = (size) => Math.min(context.bytes >> 1, size * 50_000);
  const raw = await interleave(
    { raw: () => oneHop('raw', context, { bytes: context.bytes >> 1, writeSize: 65_536 }) },
    context,
  );
  for (const objectSize of SIZES) {
    const bytes = bytesFor(objectSize);
    context.log(`P6: objects of ${objectSize} bytes, ${bytes} bytes`);
    const { ours } = await interleave({ ours: () => trackDirect(context, { bytes, objectSize }) }, context);
    const floorNs = Math.max(PARSE_FLOOR_NS, (objectSize / raw.raw.best) * 1000);
    const actualNs = (objectSize / ours.best) * 1000;
    rows.push({
      id: 'P6',
      what: `objects of ${objectSize} B`,
      ours: `${show(1e9 / actualNs)} obj/s, ${mbps(ours)}`,
      reference: `${show(1e9 / floorNs)} obj/s`,
      ratio: floorNs / actualNs,
      bar: { atLeast: 0.5 },
      ours_: ours,
    });
  }
  return rows;
}
