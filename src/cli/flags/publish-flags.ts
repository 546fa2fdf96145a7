import { Flags } from '@oclif/core';
import { choiceFlag, countFlag, durationFlag, optionalChoiceFlag, sizeFlag } from './kinds.js';

/** What `publish` does with its input. Environment: `MOQT_PUBLISH_<FLAG>`. */
export const publishFlags = {
  frame: Flags.string({
    default: 'raw',
    helpValue: 'raw|lines|nul|delim:STR|u32be|varint|jsonl|file',
    description: 'how the input is cut: raw bytes, or records that become one object each',
  }),
  'object-size': sizeFlag({ description: 'size of an object in raw mode', defaultHelp: async () => '16KiB' }),
  'group-every': Flags.string({
    helpValue: '256|2s|4MiB',
    description: 'a new group begins after so many objects, after a time, or after so many bytes',
    defaultHelp: async () => '4MiB in raw mode, else 1000 objects or 1s',
  }),
  forwarding: choiceFlag(['subgroup', 'object', 'datagram'], {
    description: 'one stream a group, one stream an object, or datagrams',
    default: 'subgroup',
  }),
  priority: countFlag({ max: 255, description: 'publisher priority, 0 is first', defaultHelp: async () => '128' }),
  'group-order': optionalChoiceFlag(['asc', 'desc'], { description: 'preferred group order' }),
  via: choiceFlag(['namespace', 'publish', 'both'], {
    description: 'announce the namespace and wait for SUBSCRIBE, send PUBLISH, or both',
    default: 'namespace',
  }),
  rate: Flags.string({ helpValue: '<n|size>', description: 'objects a second (25), or bytes a second (2MiB)' }),
  interval: durationFlag({ description: 'time between objects' }),
  linger: durationFlag({
    description: 'stay this long after delivery: some relays drop what they have queued when the publisher leaves',
    defaultHelp: async () =>
      'twice as long as sending took, at most 10s; at a moqt relay 0, or at most 0.5s if delivery is not known',
  }),
  count: countFlag({ char: 'n', min: 1, description: 'end after so many objects' }),
  body: Flags.string({
    helpValue: '<template>',
    description:
      'publish this text instead of input; {{Count}} {{Unix}} {{UnixNano}} {{Time}} {{ID}} {{Random min max}} are filled in',
  }),
};
