// P10: how long it takes until a command has done its work, in wall time of whole processes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/bundle-folder.mjs';
import { interleave } from '../lib/arms.mjs';
import { moqt } from '../lib/context.mjs';

function wallMs(args) {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env;
  const startedAt = performance.now();
  const run = spawnSync(process.execPath, args, { env, stdio: 'ignore' });
  const ms = performance.now() - startedAt;
  if (run.status !== 0) throw new Error(`node ${args.join(' ')} ended with ${run.status}`);
  // More is better everywhere else.
  return -ms;
}

/** The least that oclif can be: one command that does nothing, bundled into one file, with a manifest. */
function emptyOclif() {
  const folder = mkdtempSync(join(tmpdir(), 'moqt-empty-oclif-'));
  mkdirSync(join(folder, 'commands'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const write = (name, text) => writeFileSync(join(folder, name), text);
  const command = { id: 'nothing', args: {}, flags: {}, aliases: [], hiddenAliases: [], enableJsonFlag: false };
  write(
    'package.json',
    JSON.stringify({
      name: 'empty',
      version: '0.0.0',
      type: 'module',
      oclif: { bin: 'empty', commands: './commands' },
    }),
  );
  write(
    'oclif.manifest.json',
    JSON.stringify({
      version: '0.0.0',
      commands: {
        nothing: {
          ...command,
          pluginName: 'empty',
          pluginType: 'core',
          isESM: true,
          relativePath: ['commands', 'nothing.js'],
        },
      },
    }),
  );
  write(
    'commands/nothing.js',
    "import { Command } from '@oclif/core';\nexport default class Nothing extends Command { async run() {} }\n",
  );
  write('run.js', "import { execute } from '@oclif/core';\nawait execute({ dir: import.meta.url });\n");
  return { entry: join(folder, 'run.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export async function p10(context) {
  context.log('P10: start-up');
  const empty = emptyOclif();
  try {
    const rounds = Math.max(15, context.rounds);
    const arms = await interleave(
      {
        node: () => wallMs(['-e', '0']),
        version: () => wallMs([moqt, '--version']),
        empty: () => wallMs([empty.entry, 'nothing']),
        decode: () => wallMs([moqt, 'decode', '07000100']),
      },
      { rounds, log: () => {} },
    );
    const times = ({ best, values }) => `${(-best).toFixed(1)} ms (to ${(-Math.min(...values)).toFixed(0)})`;
    const row = (what, ours, reference, against, bar) => ({
      id: 'P10',
      what,
      ours: times(ours),
      reference: `${against} ${times(reference)}`,
      ratio: { best: ours.best / reference.best, median: ours.median / reference.median },
      bar: { atMost: bar },
      ours_: ours,
      reference_: reference,
    });
    return [
      row('moqt --version', arms.version, arms.node, 'node -e 0', 1.5),
      row('moqt decode 07000100', arms.decode, arms.empty, 'an empty oclif command', 1.3),
    ];
  } finally {
    empty.remove();
  }
}
