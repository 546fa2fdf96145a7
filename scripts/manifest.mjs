// The command manifest: with it oclif knows every command without loading one. A stale manifest hides new commands
// without a warning, so it is written by every build and compared by `npm run check`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config, Plugin } from '@oclif/core';

/** The manifest of the commands that dist/ holds, as text. */
export async function manifestText(root) {
  const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true, isRoot: true, type: 'core' });
  const config = new Config({ root });
  await config.load();
  await plugin.load();
  // It comes in the order in which files happened to be read.
  const byName = Object.entries(plugin.manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ ...plugin.manifest, commands: Object.fromEntries(byName) }, null, 2)}\n`;
}

export async function writeManifest(root) {
  writeFileSync(join(root, 'oclif.manifest.json'), await manifestText(root));
}
