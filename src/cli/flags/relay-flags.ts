import { Flags } from '@oclif/core';
import { choiceFlag, choicesFlag, countFlag, durationFlag, sizeFlag } from './kinds.js';
import { traceFlags } from './trace-flags.js';

const caps = 'CAP';

/** What `relay` serves and how much of it. Environment: `MOQT_RELAY_<FLAG>`, and `MOQT_<FLAG>` for those that every command has. */
export const relayFlags = {
  ...traceFlags,
  listen: Flags.string({
    default: '127.0.0.1:4443',
    helpValue: 'HOST:PORT',
    description: 'address to listen on; port 0 picks a free one',
  }),
  cert: Flags.string({ helpValue: '<file>', description: 'certificate (PEM)', dependsOn: ['key'] }),
  key: Flags.string({ helpValue: '<file>', description: "the certificate's key (PEM)", dependsOn: ['cert'] }),
  draft: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    helpValue: '18,16,14',
    description: 'drafts served',
  }),
  transport: choicesFlag(['auto', 'quic', 'webtransport', 'webtransport-h2'], {
    description: 'serve only these; auto is all of them',
    all: 'auto',
  }),
  'auth-token': Flags.string({
    helpValue: 'env:NAME|file:PATH|-',
    description: 'where the token is that sessions must show',
  }),
  fault: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    helpValue: 'FAULT',
    description: 'misbehave on purpose, such as drop:1% or silent-setup; help lists the faults',
  }),
  'fault-seed': countFlag({
    max: 0xffffffff,
    default: 1,
    description: 'what chance the faults have: the same seed gives the same misfortunes',
  }),
  'congestion-control': choiceFlag(['cubic', 'bbr', 'reno'], {
    description: 'congestion controller of QUIC',
    default: 'cubic',
  }),
  'setup-timeout': durationFlag({ description: 'SETUP exchange', default: 5_000, defaultHelp: async () => '5s' }),
  'idle-timeout': durationFlag({
    description: 'silence after which a session is over',
    default: 30_000,
    defaultHelp: async () => '30s',
  }),
  'close-timeout': durationFlag({ description: 'orderly close', default: 2_000, defaultHelp: async () => '2s' }),
  'drain-timeout': durationFlag({
    description: 'how long sessions may go on after SIGTERM',
    default: 10_000,
    defaultHelp: async () => '10s',
  }),
  'max-sessions': countFlag({ min: 1, helpGroup: caps, description: 'sessions at a time', default: 1_000 }),
  'max-streams': countFlag({
    min: 1,
    helpGroup: caps,
    description: 'streams of each kind that one peer may have open',
    default: 1_000,
  }),
  'max-tracks': countFlag({ min: 1, helpGroup: caps, description: 'tracks known at a time', default: 10_000 }),
  'max-buffer': sizeFlag({
    helpGroup: caps,
    description: 'payload held in memory',
    default: 256 * 1024 * 1024,
    defaultHelp: async () => '256MiB',
  }),
  'max-lag': sizeFlag({
    helpGroup: caps,
    description: 'how far a subscriber may be behind the fastest',
    defaultHelp: async () => '16MiB',
  }),
};
