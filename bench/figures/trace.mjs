// trace: what --trace costs, both ends traced at the detail of headers and sizes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, ratio, show, spread } from '../lib/arms.mjs';
import { trackDirect } from '../lib/throughput.mjs';

export async function trace(context) {
  const folder = mkdtempSync(join(tmpdir(), 'moqt-bench-trace-'));
  try {
    return [
      await figure(context, folder, 16_384, 2 * context.bytes, { atLeast: 0.95 }),
      await figure(context, folder, 1200, context.bytes >> 1, null),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function figure(context, traces, objectSize, bytes, bar) {
  const load = { bytes: Math.floor(bytes), objectSize };
  context.log(`trace: objects of ${objectSize} bytes, ${load.bytes >> 20} MiB`);
  const { traced, plain } = await interleave(
    { traced: () => trackDirect(context, { ...load, traces }), plain: () => trackDirect(context, load) },
    context,
  );
  const text = (result) => `${show(result.best)} MB/s (${spread(result)})`;
  return {
    id: 'trace',
    what: `publish → subscribe with --trace, ${objectSize} B`,
    ours: text(traced),
    reference: text(plain),
    ratio: ratio(traced, plain),
    bar,
    note: 'the same without --trace; .moqtrace, headers and sizes, at both ends',
    ours_: traced,
    reference_: plain,
  };
}
