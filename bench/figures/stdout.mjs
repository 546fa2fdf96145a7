// P16: payload on stdout, into a pipe that somebody reads.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, show, spread } from '../lib/arms.mjs';
import { moqt } from '../lib/context.mjs';
import { start } from '../lib/processes.mjs';
import { trackDirect, withWorkers } from '../lib/throughput.mjs';

/** The pipe's reader is a process of its own, the same one for both arms. */
const READER = `
let bytes = 0, first = 0, last = 0;
const fs = require('node:fs'); const buffer = Buffer.allocUnsafe(1 << 20);
for (;;) { const n = fs.readSync(0, buffer, 0, buffer.length, null); if (n === 0) break; last = performance.now(); first ||= last; bytes += n; }
console.log(JSON.stringify({ bytes, ms: last - first }));`;

async function throughPipe(script, bytes) {
  const shell = start('/bin/sh', ['-c', `${script} | "$NODE" -e "$READER"`], {
    env: { NODE: process.execPath, READER },
  });
  const { code } = await shell.done;
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${shell.output.stderr.slice(-400)}`);
  const result = JSON.parse(shell.output.stdout);
  if (result.bytes !== bytes)
    throw new Error(`${result.bytes} of ${bytes} bytes arrived: ${shell.output.stderr.slice(-400)}`);
  return result.bytes / result.ms / 1000;
}

export async function p16(context) {
  const { bytes } = context;
  context.log(`P16: stdout, ${bytes >> 20} MiB`);
  const folder = mkdtempSync(join(tmpdir(), 'moqt-stdout-'));
  const file = join(folder, 'content');
  writeFileSync(file, Buffer.alloc(bytes, 0x55));
  try {
    const arms = await interleave(
      {
        cat: () => throughPipe(`cat ${file}`, bytes),
        library: () => trackDirect(context, { bytes, objectSize: 16_384, warmUpBytes: 0 }),
        ours: () =>
          withWorkers(async (go) => {
            const namespace = `stdout-${process.pid}-${performance.now()}`;
            const server = go('track-serve', {
              draft: context.draft,
              namespace,
              bytes,
              objectSize: 16_384,
              push: true,
              pair: context.pair,
            });
            const { port } = await server.event('listening');
            const command = `"${process.execPath}" "${moqt}" subscribe moqt://127.0.0.1:${port} bench/${namespace} load --insecure --wait -q --draft ${context.draft}`;
            return throughPipe(command, bytes);
          }),
      },
      context,
    );
    const cap = Math.min(arms.cat.best, arms.library.best);
    const medianCap = Math.min(arms.cat.median, arms.library.median);
    return [
      {
        id: 'P16',
        what: 'moqt subscribe | reader',
        ours: `${show(arms.ours.best)} MB/s (${spread(arms.ours)})`,
        reference: `cat ${show(arms.cat.best)}, P1 ${show(arms.library.best)} MB/s`,
        ratio: { best: arms.ours.best / cap, median: arms.ours.median / medianCap },
        bar: { atLeast: 0.9 },
        note: 'the lower of cat into the same pipe and the library without stdout',
        ours_: arms.ours,
        reference_: arms.cat,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
