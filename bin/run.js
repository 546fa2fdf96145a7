#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const argv = process.argv.slice(2);

// Answered before anything else is loaded: scripts ask for the version often.
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === 'version')) {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  process.stdout.write(`moqt/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else {
  process.env.NODE_ENV ??= 'production';
  // The framework would load a parser of version ranges to check Node's; npm has done that by `engines`.
  process.env.OCLIF_DISABLE_ENGINE_WARNING ??= '1';
  const { main } = await import('../dist/cli/main.js');
  await main(argv, root);
  // Everything has been flushed and closed; a stray handle must not keep a script waiting.
  process.exit();
}
