import { Flags } from '@oclif/core';
import { choiceFlag } from './kinds.js';

const group = 'OUTPUT';

/** The flags of every command. Their environment variables are `MOQT_<FLAG>`. */
export const outputFlags = {
  json: Flags.boolean({ helpGroup: group, description: 'print one JSON document' }),
  jsonl: Flags.boolean({ helpGroup: group, description: 'print a stream of JSON lines', exclusive: ['json'] }),
  quiet: Flags.boolean({ char: 'q', helpGroup: group, description: 'no progress, no notices' }),
  verbose: Flags.boolean({ char: 'v', helpGroup: group, description: 'more on stderr' }),
  debug: Flags.boolean({ helpGroup: group, description: 'stack traces and internals on stderr' }),
  color: Object.assign(choiceFlag(['auto', 'always', 'never'], { description: 'colour', default: 'auto' }), {
    helpGroup: group,
  }),
  config: Flags.string({ helpGroup: group, helpValue: '<file>', description: 'configuration file (JSON)' }),
  context: Flags.string({
    helpGroup: group,
    helpValue: '<name>',
    description: 'a named set of values in the configuration file',
  }),
  'show-config': Flags.boolean({
    helpGroup: group,
    description: 'print each value and where it comes from, then exit',
  }),
};
