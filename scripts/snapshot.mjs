// The command line as a contract: every argument and flag with what a script can depend on. `node scripts/snapshot.mjs`
// writes test/contract/commands.snapshot.json from the manifest; test/contract/commands.test.ts compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
export const SNAPSHOT = join(root, 'test/contract/commands.snapshot.json');

/** What `connect` has for itself; its other flags are those of every command. */
const OWN_FLAGS_OF_CONNECT = ['hold', 'prefix', 'for'];

/** The contract that a manifest makes. */
export function contractOf(manifest) {
  const shared = new Set(Object.keys(manifest.commands.connect.flags).filter((n) => !OWN_FLAGS_OF_CONNECT.includes(n)));
  const variable = (...words) => `MOQT_${words.join('_').replaceAll(/[-:]/g, '_').toUpperCase()}`;
  const commands = Object.entries(manifest.commands).map(([id, command]) => {
    const args = Object.values(command.args).map(({ name, required = false }) => ({ name, required }));
    const flags = Object.entries(command.flags).map(([name, flag]) => [
      name,
      {
        char: flag.char ?? null,
        type: flag.type,
        env: shared.has(name) ? variable(name) : variable(id, name),
        default: flag.default ?? null,
        value: flag.helpValue ?? null,
        options: flag.options ?? null,
        multiple: flag.multiple ?? false,
        required: flag.required ?? false,
        exclusive: flag.exclusive ?? [],
        dependsOn: flag.dependsOn ?? [],
      },
    ]);
    flags.sort(([a], [b]) => (a < b ? -1 : 1));
    return [id, { strict: command.strict ?? true, aliases: command.aliases, args, flags: Object.fromEntries(flags) }];
  });
  commands.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(commands);
}

export function currentContract() {
  return contractOf(JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(SNAPSHOT, `${JSON.stringify(currentContract(), null, 2)}\n`);
}
