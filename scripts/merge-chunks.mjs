// What commands need for their usual work, in few files. esbuild gives every set of entries that share something a chunk of its
// own: some hundred small files a command, and finding, reading and linking each takes longer than compiling it.
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

/** Where esbuild puts what is no entry of ours: shared chunks, and what is only imported when it is wanted. */
const CHUNKS = 'dist/chunks/';

/**
 * Groups chunks by who needs them. Every run begins with `main`, and each kind of run goes on with its `starts`: name →
 * sources that are entries of `outputs` (of the metafile). Gives the chunk's path → the kinds of run that load it, joined;
 * chunks that no start leads to are not in it. What a chunk imports is needed by whoever needs the chunk, so that no two groups
 * import each other.
 */
export function groupChunks(outputs, main, starts) {
  const entryOf = new Map(Object.entries(outputs).map(([path, { entryPoint }]) => [entryPoint, path]));
  const kinds = new Map();
  for (const [kind, sources] of Object.entries(starts)) {
    for (const source of [main, ...sources]) {
      const path = entryOf.get(source);
      if (path === undefined)
        throw new Error(`${source} is no entry of its own any more: see STARTS in scripts/build.mjs`);
      visit(path, kind);
    }
  }
  function visit(path, kind) {
    const known = kinds.get(path) ?? new Set();
    if (known.has(kind)) return;
    kinds.set(path, known.add(kind));
    for (const { path: to, kind: how, external } of outputs[path].imports) {
      if (how === 'import-statement' && !external) visit(to, kind);
    }
  }
  // What is started by its path stays where it is; what is imported when it is wanted has been loaded with its group.
  const chunks = [...kinds].filter(([path]) => path.startsWith(CHUNKS));
  return new Map(chunks.map(([path, needed]) => [path, [...needed].sort().join('-')]));
}

/**
 * Builds the files of `first`, an esbuild result with `write: false`, `metafile` and linked source maps, once more: the chunks
 * of a group become one file, `<folder>/<group>.js`.
 */
export async function mergeChunks(root, first, groups, folder, options) {
  const texts = new Map(first.outputFiles.map(({ path, text }) => [relative(root, path), text]));
  const { outputs } = first.metafile;
  /** The file that a file of the first build ends up in. */
  const unitOf = (path) => (groups.has(path) ? `${folder}/${groups.get(path)}.js` : path);
  const members = groupBy([...groups.keys()], unitOf);
  const names = new Map([...members].map(([unit, paths]) => [unit, exportNames(paths, outputs)]));
  const units = [...new Set(Object.keys(outputs).filter(isScript).map(unitOf))];
  const plugin = {
    name: 'merge-chunks',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path, importer, namespace, kind, pluginData }) => {
        if (kind === 'entry-point') return { path, namespace: members.has(path) ? 'group' : 'first' };
        if (pluginData?.external !== undefined) return { path: pluginData.external, external: true };
        if (namespace === 'group') return { path, namespace: 'first' };
        if (!path.startsWith('.')) return { path, external: true };
        const to = join(dirname(importer), path);
        const [from, unit] = [unitOf(importer), unitOf(to)];
        if (from === unit && kind !== 'dynamic-import') return { path: to, namespace: 'first' };
        const external = address(from, unit);
        if (kind === 'dynamic-import') return { path: external, external: true };
        if (!members.has(unit)) return { path: external, external: true };
        return { path: `${to} for ${dirname(from)}`, namespace: 'renamed', pluginData: { to, external } };
      });
      onLoad({ filter: /.*/, namespace: 'first' }, ({ path }) => ({ contents: withMap(path, texts) }));
      onLoad({ filter: /.*/, namespace: 'group' }, ({ path }) => ({
        contents: reexports(members.get(path), names.get(path)),
      }));
      onLoad({ filter: /.*/, namespace: 'renamed' }, ({ pluginData: { to, external } }) => {
        const renamed = names.get(unitOf(to)).get(to);
        const list = [...renamed].map(([name, inGroup]) => `${inGroup} as ${name}`);
        return {
          contents: `export { ${list.join(', ')} } from ${JSON.stringify(external)};`,
          pluginData: { external },
        };
      });
    },
  };
  await build({
    ...options,
    absWorkingDir: root,
    entryPoints: units.map((unit) => ({ in: unit, out: unit.replace(/\.js$/, '') })),
    outdir: root,
    bundle: true,
    splitting: false,
    plugins: [plugin],
  });
}

const isScript = (path) => path.endsWith('.js');

function address(from, to) {
  const path = relative(dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

function groupBy(items, key) {
  const map = new Map();
  for (const item of items) map.set(key(item), [...(map.get(key(item)) ?? []), item]);
  return map;
}

/**
 * Chunk → its exports → their names in the group: the same, unless two chunks of the group have one. What is imported as a whole
 * keeps its names.
 */
function exportNames(paths, outputs) {
  const isWhole = (path) => outputs[path].entryPoint !== undefined;
  const taken = new Set();
  const twice = paths
    .filter(isWhole)
    .flatMap((path) => outputs[path].exports.filter((name) => taken.has(name) || !taken.add(name)));
  if (twice.length > 0)
    throw new Error(`${twice.join(', ')}: two modules of one group that are imported when wanted export it`);
  return new Map(
    paths.map((path) => [
      path,
      new Map(
        outputs[path].exports.map((name) => {
          if (isWhole(path)) return [name, name];
          let unique = name;
          for (let i = 2; taken.has(unique); i++) unique = `${name}_${i}`;
          taken.add(unique);
          return [name, unique];
        }),
      ),
    ]),
  );
}

function reexports(paths, names) {
  const lines = paths.map((path) => {
    const list = [...names.get(path)].map(([name, unique]) => `${name} as ${unique}`);
    return list.length === 0
      ? `import ${JSON.stringify(path)};`
      : `export { ${list.join(', ')} } from ${JSON.stringify(path)};`;
  });
  return lines.join('\n');
}

/** A file of the first build with its map in it, for esbuild to follow. */
function withMap(path, texts) {
  const map = Buffer.from(texts.get(`${path}.map`)).toString('base64');
  return texts
    .get(path)
    .replace(/\/\/# sourceMappingURL=.*\n$/, `//# sourceMappingURL=data:application/json;base64,${map}\n`);
}
