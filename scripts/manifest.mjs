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
  return `${JSON.stringify(plugin.manifest, null, 2)}\n`;
}

export async function writeManifest(root) {
  writeFileSync(join(root, 'oclif.manifest.json'), await manifestText(root));
}
