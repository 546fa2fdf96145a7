import { Flags } from '@oclif/core';
import { choiceFlag, countFlag, durationFlag } from './kinds.js';
import { traceFlags } from './trace-flags.js';

const network = 'CONNECTION';
const trust = 'TRUST';
const timeouts = 'TIMEOUT';

/** A flag that may be given more than once, or once with commas. */
export const list = { multiple: true, multipleNonGreedy: true, delimiter: ',' } as const;
/** Values of these may contain commas themselves. */
const repeat = { multiple: true, multipleNonGreedy: true } as const;

/** The flags of every command that connects. Their environment variables are `MOQT_<FLAG>`. */
export const connectionFlags = {
  ...traceFlags,

  draft: Flags.string({
    ...list,
    helpGroup: network,
    helpValue: '18,16,14',
    description: 'drafts offered, in this order; one value pins it',
  }),
  transport: choiceFlag(['auto', 'quic', 'webtransport', 'webtransport-h2'], {
    description:
      "transport; auto: the URL's scheme decides, and https:// falls back from HTTP/3 to HTTP/2 when UDP does not get through",
    default: 'auto',
    helpGroup: network,
  }),
  ipv4: Flags.boolean({
    helpGroup: network,
    helpLabel: '-4, --ipv4',
    description: 'use IPv4 only',
    exclusive: ['ipv6'],
  }),
  ipv6: Flags.boolean({
    helpGroup: network,
    helpLabel: '-6, --ipv6',
    description: 'use IPv6 only',
    exclusive: ['ipv4'],
  }),
  bind: Flags.string({ helpGroup: network, helpValue: '<ip>', description: 'local address to send from' }),
  resolve: Flags.string({
    ...list,
    helpGroup: network,
    helpValue: 'HOST:PORT:ADDR',
    description: 'use this address instead of asking DNS',
  }),
  'keep-alive': durationFlag({
    helpGroup: network,
    description: 'PING interval (default: a third of the idle timeout)',
  }),
  'congestion-control': choiceFlag(['cubic', 'bbr', 'reno'], {
    description: 'congestion controller of QUIC',
    default: 'cubic',
    helpGroup: network,
  }),
  header: Flags.string({
    ...repeat,
    helpGroup: network,
    helpValue: "'K: V'",
    description: 'extra header of the WebTransport CONNECT request',
  }),

  ca: Flags.string({
    helpGroup: trust,
    helpValue: '<file>',
    description: "trust these roots (PEM) instead of the system's",
  }),
  'cert-sha256': Flags.string({
    ...list,
    helpGroup: trust,
    helpValue: '<hash>',
    description: 'accept only a certificate with this SHA-256 (hex or base64), instead of checking chain and name',
  }),
  insecure: Flags.boolean({ helpGroup: trust, description: 'accept any certificate (warns)' }),
  servername: Flags.string({ helpGroup: trust, helpValue: '<name>', description: 'name for SNI and verification' }),
  cert: Flags.string({
    helpGroup: trust,
    helpValue: '<file>',
    description: 'client certificate (PEM)',
    dependsOn: ['key'],
  }),
  key: Flags.string({
    helpGroup: trust,
    helpValue: '<file>',
    description: "the client certificate's key (PEM)",
    dependsOn: ['cert'],
  }),
  'auth-token': Flags.string({
    helpGroup: trust,
    helpValue: 'env:NAME|file:PATH|-',
    description: 'where the authorization token is: an environment variable, a file, or stdin; never the token itself',
  }),
  'auth-token-type': countFlag({ helpGroup: trust, description: 'token type (0: agreed out of band)', default: 0 }),
  'auth-in': choiceFlag(['setup', 'request', 'both'], {
    description: 'where the token is sent',
    default: 'setup',
    helpGroup: trust,
  }),

  'connect-timeout': durationFlag({
    helpGroup: timeouts,
    description: 'DNS + QUIC (or TCP + TLS) + WebTransport',
    default: 5_000,
    defaultHelp: async () => '5s',
  }),
  'setup-timeout': durationFlag({
    helpGroup: timeouts,
    description: 'SETUP exchange',
    default: 5_000,
    defaultHelp: async () => '5s',
  }),
  'request-timeout': durationFlag({
    helpGroup: timeouts,
    description: 'answer to a request',
    default: 10_000,
    defaultHelp: async () => '10s',
  }),
  'idle-timeout': durationFlag({
    helpGroup: timeouts,
    description: 'silence after which a session is over',
    default: 30_000,
    defaultHelp: async () => '30s',
  }),
  'close-timeout': durationFlag({
    helpGroup: timeouts,
    description: 'orderly close',
    default: 2_000,
    defaultHelp: async () => '2s',
  }),
  'drain-timeout': durationFlag({
    helpGroup: timeouts,
    description: 'delivery of the last bytes',
    default: 10_000,
    defaultHelp: async () => '10s',
  }),
  'max-time': durationFlag({
    helpGroup: timeouts,
    description: 'the whole command (default: none)',
    default: 0,
    defaultHelp: async () => 'none',
  }),
};
