import { connectionFlags } from './connection-flags.js';
import { longDurationFlag } from './kinds.js';

const DAY_MS = 86_400_000;
const { draft, transport, ipv4, ipv6, bind, resolve, ca, insecure, servername, cert, key } = connectionFlags;

/** The connection flags that mean something to a handshake without a session. */
export const handshakeFlags = {
  draft,
  transport,
  ipv4,
  ipv6,
  bind,
  resolve,
  ca,
  'cert-sha256': connectionFlags['cert-sha256'],
  insecure,
  servername,
  cert,
  key,
  'connect-timeout': connectionFlags['connect-timeout'],
  'max-time': connectionFlags['max-time'],
};

/** How near the end of a certificate may come. */
export const expiryFlags = {
  'expiry-warning': longDurationFlag({
    description: 'a warning when it ends within this time',
    default: 7 * DAY_MS,
    defaultHelp: async () => '7d',
  }),
  'expiry-critical': longDurationFlag({
    description: 'critical when it ends within this time',
    default: 2 * DAY_MS,
    defaultHelp: async () => '2d',
  }),
};
