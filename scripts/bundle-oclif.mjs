// The CLI framework as two modules. Read from node_modules it is some 200 CommonJS files, and looking for them takes longer
// than everything else that a command does before its own work.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * What a command needs to describe, parse and run itself. What of the framework this leads to but a run of ours never enters
 * stays in node_modules, and is read from there if it should be entered after all.
 */
const CORE = `
import * as Args from '@oclif/core/lib/args.js';
import * as Flags from '@oclif/core/lib/flags.js';
import * as Parser from '@oclif/core/lib/parser/index.js';
import { Command } from '@oclif/core/lib/command.js';
export { Args, Command, Flags, Parser };
`;
const COLD_MODULES = new Set([
  'config/index.js',
  'errors/errors/pretty-print.js',
  'errors/handle.js',
  'help/index.js',
  'help/util.js',
  'parser/help.js',
  'ux/theme.js',
  'ux/index.js',
]);
const COLD_PACKAGES = new Set(['clean-stack', 'indent-string', 'node:readline', 'wordwrap', 'wrap-ansi']);

/** What finds commands, gives help and runs plugins: the whole framework. */
const WHOLE = `export { Config, run } from '@oclif/core';`;
/** The names under which moqt imports from either. */
const ENTRIES = { '@oclif/core': CORE, '@oclif/core/config': WHOLE, '@oclif/core/run': WHOLE };

/** What CommonJS code finds in its scope, for a module that is none. */
const SCOPE = `
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
const require = createRequire(import.meta.url);
const __filename = fileURLToPath(import.meta.url);
const __dirname = dirname(__filename);
`;

/** A module that is read from node_modules when something of it is used. */
const COLD = `
function coldRequire(name, isPackage) {
  let found;
  const load = () => {
    if (found === undefined) {
      const root = require.resolve('@oclif/core/package.json');
      found = isPackage ? createRequire(root)(name) : require(join(dirname(root), 'lib', name));
    }
    return found;
  };
  return new Proxy(function () {}, {
    get: (_, key) => (key === '__esModule' ? !isPackage : load()[key]),
    apply: (_, self, args) => Reflect.apply(load(), self, args),
  });
}
`;

/**
 * Bundles it. `plugin` gives the bundles to an esbuild run that imports `@oclif/core`; `packages` are the folders of the
 * packages in them, absolute.
 */
export async function bundleOclif(root) {
  const core = await bundle(root, SCOPE + COLD, CORE, [coldModules(root)]);
  const whole = await bundle(root, SCOPE, WHOLE, []);
  const plugin = {
    name: 'oclif',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^@oclif\/core(?:\/|$)/ }, ({ path }) => {
        if (!(path in ENTRIES))
          return { errors: [{ text: `${path} is not among what scripts/bundle-oclif.mjs bundles` }] };
        return { path: ENTRIES[path] === CORE ? 'core' : 'whole', namespace: 'oclif' };
      });
      onLoad({ filter: /.*/, namespace: 'oclif' }, ({ path }) => ({
        contents: path === 'core' ? core.contents : whole.contents,
        resolveDir: root,
      }));
    },
  };
  const packages = [...new Set([...core.packages, ...whole.packages])].sort();
  return { plugin, packages };
}

async function bundle(root, banner, contents, plugins) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root },
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
    banner: { js: banner },
    plugins,
    logLevel: 'warning',
  });
  return { contents: outputFiles[0].text, packages: packagesOf(Object.keys(metafile.inputs), root) };
}

/** Finds the framework's modules past its exports, and leaves the cold ones out. */
function coldModules(root) {
  const lib = join(dirname(createRequire(join(root, 'package.json')).resolve('@oclif/core/package.json')), 'lib');
  return {
    name: 'cold-modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^@oclif\/core\/lib\// }, ({ path }) => ({
        path: join(lib, relative('@oclif/core/lib', path)),
      }));
      onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir, kind }) => {
        if (kind !== 'require-call' || relative(lib, importer).startsWith('..')) return null;
        const file = relative(lib, createRequire(importer).resolve(resolve(resolveDir, path)));
        return COLD_MODULES.has(file) ? { path: file, namespace: 'cold' } : null;
      });
      onResolve({ filter: /^[a-z]/ }, ({ path }) => (COLD_PACKAGES.has(path) ? { path, namespace: 'cold' } : null));
      onLoad({ filter: /.*/, namespace: 'cold' }, ({ path }) => {
        return { contents: `module.exports = coldRequire(${JSON.stringify(path)}, ${COLD_PACKAGES.has(path)});` };
      });
    },
  };
}

/** Folders of the packages that these files belong to. */
function packagesOf(files, root) {
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].map((folder) => join(root, folder));
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
