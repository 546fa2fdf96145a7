import { Flags } from '@oclif/core';
import { choiceFlag, countFlag, durationFlag, optionalChoiceFlag, sizeFlag } from './kinds.js';

const output = 'PAYLOAD';
const selection = 'SELECTION';
const assertion = 'ASSERTION';

/** What `subscribe` asks for and does with it. Environment: `MOQT_SUBSCRIBE_<FLAG>`. */
export const subscribeFlags = {
  frame: Flags.string({
    default: 'raw',
    helpGroup: output,
    helpValue: 'raw|lines|nul|delim:STR|u32be|varint|jsonl|hexdump',
    description: 'how objects are written: one behind another, or each framed',
  }),
  output: Flags.string({
    char: 'o',
    helpGroup: output,
    helpValue: '<file>',
    description: 'write to a new file; - is stdout, a terminal too',
  }),
  'output-dir': Flags.string({
    helpGroup: output,
    helpValue: '<dir>',
    description: 'write each object to a new file named by group and object',
    exclusive: ['output', 'format', 'frame', 'jsonl'],
  }),
  format: Flags.string({
    helpGroup: output,
    helpValue: '<format>',
    description: 'print this for each object instead of its payload, such as %{group}.%{object} %{size}\\n',
    exclusive: ['frame', 'jsonl'],
  }),
  'write-out': Flags.string({
    char: 'w',
    helpGroup: output,
    helpValue: '<format>',
    description: 'print this to stderr at the end, also of a failure: %{time_setup} %{bytes} …',
  }),

  from: optionalChoiceFlag(['now', 'group', 'next-group'], {
    helpGroup: selection,
    description: 'begin with the next object, the current group, or the next group',
  }),
  filter: Flags.string({
    helpGroup: selection,
    helpValue: 'largest|next-group|start:G.O|range:G.O-G',
    description: 'the filter of the draft, exactly',
    exclusive: ['from'],
  }),
  order: choiceFlag(['group', 'arrival', 'latest'], {
    helpGroup: selection,
    description: 'order of objects; latest gives older groups up',
    default: 'group',
  }),
  'reorder-bound': sizeFlag({
    helpGroup: selection,
    description: 'most that is held back while something earlier is missing',
    defaultHelp: async () => '64MiB',
  }),
  'reorder-wait': durationFlag({
    helpGroup: selection,
    description: 'longest that something missing is waited for',
    defaultHelp: async () => '2s',
  }),
  priority: countFlag({ max: 255, helpGroup: selection, description: 'subscriber priority, 0 is first' }),
  'group-order': optionalChoiceFlag(['asc', 'desc'], { helpGroup: selection, description: 'group order asked for' }),
  wait: Flags.string({
    helpGroup: selection,
    helpValue: '[duration]',
    description: 'wait for a publisher that is not there yet: so long, or for ever',
  }),
  count: countFlag({ min: 1, helpGroup: selection, description: 'end after so many objects' }),
  for: durationFlag({ helpGroup: selection, description: 'end after this long' }),

  'allow-gaps': Flags.boolean({ helpGroup: assertion, description: 'missing data is counted, and no failure' }),
  'expect-objects': countFlag({ min: 1, helpGroup: assertion, description: 'fail (1) with fewer objects' }),
  within: durationFlag({ helpGroup: assertion, description: 'the expected objects (or one) must arrive this fast' }),
  'max-gap': durationFlag({ helpGroup: assertion, description: 'fail (1) when two objects are further apart' }),
  sha256: Flags.string({
    helpGroup: assertion,
    helpValue: '<hex>',
    description: 'fail (1) when the payload has another SHA-256',
  }),
};
