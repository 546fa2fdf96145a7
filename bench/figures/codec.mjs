// P4, P5: instructions per object, counted by valgrind; the difference of two lengths cancels what starting costs.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { worker } from '../lib/build.mjs';
import { hasProgram } from '../lib/context.mjs';

const NODE_ARGS = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1'];

function instructions(role, options) {
  const folder = mkdtempSync(join(tmpdir(), 'moqt-callgrind-'));
  const out = join(folder, 'out');
  try {
    const args = ['--tool=callgrind', `--callgrind-out-file=${out}`, '--smc-check=all-non-file'];
    const run = spawnSync(
      'valgrind',
      [...args, process.execPath, ...NODE_ARGS, worker, role, JSON.stringify(options)],
      {
        encoding: 'utf8',
      },
    );
    if (run.status !== 0) throw new Error(`${role} under valgrind: ${run.stderr.slice(-500)}`);
    const total = /^(?:summary|totals): (\d+)/m.exec(readFileSync(out, 'utf8'))?.[1];
    return Number(total);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function perObject(context, role, arm, payload) {
  const objects = context.quick ? 16_000 : 48_000;
  const [one, two] = [objects, 2 * objects].map((count) =>
    instructions(role, { arm, objects: count, payload, draft: context.draft }),
  );
  const figure = (two - one) / objects;
  context.log(`  ${role} ${arm} ${payload} B: ${figure.toFixed(0)} instructions`);
  return figure;
}

function skip(id, what) {
  return [{ id, what, skipped: 'valgrind is not installed (Debian: apt-get install valgrind)' }];
}

function figure(context, id, { doing, loop, floor: note }) {
  const what = `${doing}, instructions per object`;
  if (!hasProgram('valgrind')) return skip(id, what);
  context.log(`${id}: ${loop} under callgrind`);
  const ours = perObject(context, loop, 'ours', 1000);
  const floor = perObject(context, loop, 'floor', 1000);
  return [
    { id, what, ours: ours.toFixed(0), reference: floor.toFixed(0), ratio: ours / floor, bar: { atMost: 3 }, note },
  ];
}

export async function p4(context) {
  const floor = 'the floor reads three varints and makes one view of the payload';
  return figure(context, 'P4', { doing: 'decode', loop: 'decode-loop', floor });
}

export async function p5(context) {
  const floor =
    'the floor writes three varints and copies the payload of 1000 B once, which ours leaves to the transport';
  return figure(context, 'P5', { doing: 'encode', loop: 'encode-loop', floor });
}
