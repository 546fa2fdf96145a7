import { bareRead, bareServe } from './bare.js';
import { decodeLoop, encodeLoop } from './codec-loops.js';
import { holdSessions, rawHost } from './held-sessions.js';
import { delay, opener } from './opener.js';
import { rawRead, rawSend, rawServe, splice } from './raw.js';
import { relay } from './relay.js';
import { trackPublish, trackRead, trackServe } from './track.js';

/** What a process of the bench can be. Each gets its options as JSON and reports in lines of JSON on stdout. */
const ROLES: Readonly<Record<string, (options: never) => Promise<void> | void>> = {
  'bare-read': bareRead,
  'bare-serve': bareServe,
  'decode-loop': decodeLoop,
  'encode-loop': encodeLoop,
  delay,
  'hold-sessions': holdSessions,
  opener,
  'raw-host': rawHost,
  'raw-read': rawRead,
  'raw-send': rawSend,
  'raw-serve': rawServe,
  relay,
  splice,
  'track-publish': trackPublish,
  'track-read': trackRead,
  'track-serve': trackServe,
};

const [role = '', options = '{}'] = process.argv.slice(2);
const run = ROLES[role];
if (run === undefined) throw new Error(`no role ${role}; there are ${Object.keys(ROLES).join(', ')}`);
await run(JSON.parse(options) as never);
