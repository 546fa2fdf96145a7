import type { CodeSpaceName } from '../errors/codes/code-space.js';

type Target = readonly [CodeSpaceName, string];

const cause = (...names: string[]): readonly Target[] => names.map((name) => ['cause', name] as const);

/** Words that other programs use for what has a name here: words in lower case → names. */
export const PHRASES: ReadonlyMap<string, readonly Target[]> = new Map([
  ['unroutable', [['request-error', 'DOES_NOT_EXIST']]],
  [
    'peer doesn t support any known protocol',
    [
      ['quic', 'no_application_protocol'],
      ['tls', 'no_application_protocol'],
    ],
  ],
  ['timed out', cause('session.idle', 'udp.no-answer')],
  ['idle timeout', cause('session.idle')],
  ['no recent network activity', cause('session.idle')],
  ['quic network idle timeout', cause('session.idle')],
  ['connection refused', cause('udp.refused', 'tcp.refused')],
  ['econnrefused', cause('udp.refused', 'tcp.refused')],
  ['etimedout', cause('tcp.timeout')],
  ['enotfound', cause('dns.not-found')],
  ['nxdomain', cause('dns.not-found')],
  ['name or service not known', cause('dns.not-found')],
  ['err name not resolved', cause('dns.not-found')],
  ['eai again', cause('dns.timeout')],
  ['enetunreach', cause('network.unreachable')],
  ['ehostunreach', cause('network.unreachable')],
  ['no route to host', cause('network.unreachable')],
  ['network is unreachable', cause('network.unreachable')],
  ['cert has expired', cause('tls.expired')],
  ['certificate has expired', cause('tls.expired')],
  ['err cert date invalid', cause('tls.expired', 'tls.not-yet-valid')],
  ['cert not yet valid', cause('tls.not-yet-valid')],
  ['certificate is not yet valid', cause('tls.not-yet-valid')],
  ['self signed certificate', cause('tls.self-signed')],
  ['depth zero self signed cert', cause('tls.self-signed')],
  ['self signed cert in chain', cause('tls.untrusted')],
  ['unknown issuer', cause('tls.untrusted', 'tls.incomplete-chain')],
  ['err cert authority invalid', cause('tls.untrusted', 'tls.self-signed')],
  ['unable to verify the first certificate', cause('tls.incomplete-chain', 'tls.untrusted')],
  ['unable to verify leaf signature', cause('tls.incomplete-chain', 'tls.untrusted')],
  ['unable to get local issuer certificate', cause('tls.untrusted', 'tls.incomplete-chain')],
  ['unable to get issuer cert locally', cause('tls.untrusted', 'tls.incomplete-chain')],
  ['hostname mismatch', cause('tls.wrong-host')],
  ['cert altname invalid', cause('tls.wrong-host')],
  ['err cert common name invalid', cause('tls.wrong-host')],
  ['not valid for name', cause('tls.wrong-host')],
] satisfies [string, readonly Target[]][]);
