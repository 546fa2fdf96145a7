const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

/** The one-way ranks, lowest first, as the table in CONTRIBUTING.md has them. */
const rows = readFileSync(join(__dirname, 'CONTRIBUTING.md'), 'utf8').matchAll(/^\| (\d+) +\| ([^|]+)\|/gm);
const ranks = [...rows].map(([, , folders]) => [...folders.matchAll(/`([^`]+)`/g)].map(([, name]) => name));

const inTable = ranks.flat().sort().join(' ');
const inTree = readdirSync(join(__dirname, 'src/core')).sort().join(' ');
if (inTable !== inTree)
  throw new Error(`CONTRIBUTING.md ranks other folders (${inTable}) than src/core has (${inTree})`);

const folder = (name) => `^src/core/${name}/`;

const upward = ranks.flatMap((names, rank) => {
  const higher = ranks.slice(rank + 1).flat();
  return names.map((name) => ({
    name: `${name}-imports-only-lower-ranks`,
    severity: 'error',
    from: { path: folder(name) },
    to: { path: [...higher.map(folder), '^src/cli/', '^src/commands/', '^src/[^/]+$'] },
  }));
});

const sideways = ranks.flatMap((names) =>
  names
    .filter(() => names.length > 1)
    .map((name) => ({
      name: `${name}-does-not-know-its-neighbours`,
      severity: 'error',
      from: { path: folder(name) },
      to: { path: names.filter((other) => other !== name).map(folder) },
    })),
);

module.exports = {
  forbidden: [
    ...upward,
    // errors and util are the ground floor and may use each other.
    ...sideways.filter(({ name }) => !/^(errors|util)-/.test(name)),
    {
      name: 'only-the-command-line-knows-oclif',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '@oclif/' },
    },
    {
      name: 'render-reads-records-only',
      severity: 'error',
      from: { path: '^src/core/render/' },
      to: { path: '^src/core/(?!render/|records/|errors/|util/)' },
    },
    // Types may refer to each other; what is loaded may not.
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/core/' }, to: {} },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    includeOnly: '^(src|node_modules)/',
  },
};
