import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

test('commands carry the framework: none of them looks for it in node_modules', () => {
  const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^(?:cli|commands|chunks)\b.*\.js$/.test(name),
  );
  expect(files.length).toBeGreaterThan(20);
  const importing = files.filter((name) =>
    /^(?:import|\} from) ?"@oclif\/core/m.test(readFileSync(join(DIST, name), 'utf8')),
  );
  expect(importing).toEqual([]);
});

test('the licence of everything that was bundled goes with it', () => {
  const sections = readFileSync(join(DIST, 'LICENSES.txt'), 'utf8').split(/^-{80}$/m);
  const named = sections.map((section) => /^(\S+) \d+\.\d+\.\d+$/m.exec(section)?.[1]);
  expect(named).not.toContain(undefined);
  expect(named).toEqual(expect.arrayContaining(['@oclif/core', 'ejs', 'minimatch']));
  for (const section of sections)
    expect(section).toMatch(/MIT|ISC|BSD|Apache|BlueOak|Blue Oak|Permission is hereby granted/);
});
