// The CLI framework as one module. Read from node_modules it is some 200 CommonJS files, and looking for them takes longer
// than everything else that a command does before its own work.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** What moqt imports from it: the build fails with the name of an export that is missing here. */
const EXPORTS = ['Args', 'Command', 'Config', 'Flags', 'Parser', 'run'];

/** What CommonJS code finds in its scope, for a module that is none. */
const SCOPE = `
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
const require = createRequire(import.meta.url);
const __filename = fileURLToPath(import.meta.url);
const __dirname = dirname(__filename);
`;

/**
 * Bundles it. `plugin` gives the bundle to an esbuild run that imports `@oclif/core`; `packages` are the folders of the
 * packages in it, absolute.
 */
export async function bundleOclif(root) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    stdin: { contents: `export { ${EXPORTS.join(', ')} } from '@oclif/core';`, resolveDir: root },
    write: false,
    metafile: true,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    // Only for plugins in TypeScript, and for a check of the Node version, which bin/run.js turns off.
    external: ['typescript', 'semver'],
    legalComments: 'none',
    banner: { js: SCOPE },
    logLevel: 'warning',
  });
  const contents = outputFiles[0].text;
  const plugin = {
    name: 'oclif',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^@oclif\/core$/ }, () => ({ path: 'core', namespace: 'oclif' }));
      onLoad({ filter: /.*/, namespace: 'oclif' }, () => ({ contents, resolveDir: root }));
    },
  };
  return { plugin, packages: packagesOf(Object.keys(metafile.inputs), root) };
}

/** Folders of the packages that these files belong to. */
function packagesOf(files, root) {
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort().map((folder) => join(root, folder));
}

/** The licences of packages, as they want to be passed on with their code. Throws for a package that states none. */
export function licenseTexts(packages) {
  const sections = packages.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    if (file === undefined && license === undefined) throw new Error(`${name} states no licence`);
    const text = file === undefined ? license : readFileSync(join(folder, file), 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return `What dist/ contains beside moqt.\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
