import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@oclif/core';
import { VERSION } from '../core/util/version.js';

type HookResult = Awaited<ReturnType<Config['runHook']>>;

/**
 * What oclif's Command and parser ask of their Config while a command runs. There are no hooks, and neither plugins nor themes
 * change what a command does: with a Config of oclif's own a command would read their files at every start, to no effect.
 */
export function commandConfig(root: string): Config {
  const config = {
    bin: 'moqt',
    name: 'moqt',
    version: VERSION,
    userAgent: `moqt/${VERSION} ${process.platform}-${process.arch} node-${process.version}`,
    root,
    topicSeparator: ' ',
    /** Only a configuration file asks for it. */
    get commands() {
      const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
        readonly commands: Readonly<Record<string, Config['commands'][number]>>;
      };
      return Object.values(commands);
    },
    runHook: async (): Promise<HookResult> => ({ successes: [], failures: [] }),
    scopedEnvVar: (name: string) => process.env[scoped(name)],
    scopedEnvVarKey: scoped,
    scopedEnvVarKeys: (name: string) => [scoped(name)],
  };
  return config as unknown as Config;
}

function scoped(name: string): string {
  return `MOQT_${name.toUpperCase()}`;
}
