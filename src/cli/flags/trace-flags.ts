import { Flags } from '@oclif/core';

const group = 'OUTPUT';

/** Of every command that opens sessions or accepts them. */
export const traceFlags = {
  trace: Flags.string({
    helpGroup: group,
    helpValue: 'FILE',
    description: 'write what is said and heard to a .moqtrace, .qlog or .mlog file; secrets are masked',
  }),
  'trace-payload': Flags.boolean({ helpGroup: group, description: 'with payloads, not only their sizes' }),
};
