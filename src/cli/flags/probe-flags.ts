import { Flags } from '@oclif/core';
import { choiceFlag, countFlag, durationFlag, longDurationFlag, percentFlag, sizeFlag } from './kinds.js';

const requests = 'REQUEST';
const roundtrip = 'ROUND TRIP';
const threshold = 'THRESHOLD';

/** What `probe` asks once the session is open. Environment: `MOQT_PROBE_<FLAG>`. */
export const probeRequestFlags = {
  announce: Flags.string({
    helpGroup: requests,
    helpValue: 'NAMESPACE',
    description: 'PUBLISH_NAMESPACE; with --roundtrip the namespace below which it makes its own',
  }),
  subscribe: Flags.string({
    helpGroup: requests,
    helpValue: 'NAMESPACE/TRACK',
    description: 'SUBSCRIBE, and wait for the first object; the last / divides namespace and track',
    exclusive: ['roundtrip'],
  }),
  fetch: Flags.string({ helpGroup: requests, helpValue: 'NAMESPACE/TRACK', description: 'FETCH' }),
  'track-status': Flags.string({ helpGroup: requests, helpValue: 'NAMESPACE/TRACK', description: 'TRACK_STATUS' }),
  'data-timeout': durationFlag({
    helpGroup: requests,
    description: 'first object, and silence at the end of a round trip',
    default: 5_000,
    defaultHelp: async () => '5s',
  }),

  roundtrip: Flags.boolean({
    helpGroup: roundtrip,
    description: 'publish and subscribe through the relay on two connections, and count what arrives',
  }),
  objects: countFlag({
    min: 1,
    max: 10_000_000,
    helpGroup: roundtrip,
    description: 'objects',
    defaultHelp: async () => '100',
    dependsOn: ['roundtrip'],
  }),
  'object-size': sizeFlag({
    helpGroup: roundtrip,
    description: 'payload of an object, at least 32 bytes',
    defaultHelp: async () => '1KiB',
    dependsOn: ['roundtrip'],
  }),
  rate: countFlag({
    min: 1,
    max: 1_000_000,
    helpGroup: roundtrip,
    description: 'objects a second',
    defaultHelp: async () => '100',
    dependsOn: ['roundtrip'],
  }),
  'group-every': countFlag({
    min: 1,
    helpGroup: roundtrip,
    description: 'objects in a group',
    defaultHelp: async () => '10',
    dependsOn: ['roundtrip'],
  }),
  via: choiceFlag(['namespace', 'publish'], {
    helpGroup: roundtrip,
    description: 'offer the track by PUBLISH_NAMESPACE or by PUBLISH',
    default: 'namespace',
  }),
  forwarding: choiceFlag(['subgroup', 'datagram'], {
    helpGroup: roundtrip,
    description: 'one stream a group, or a datagram an object',
    default: 'subgroup',
  }),
};

/** Limits of a probe: beyond a warning it warns, beyond a critical value it fails (1). */
export const probeThresholdFlags = {
  'connect-warning': durationFlag({ helpGroup: threshold, description: 'DNS + QUIC (or TCP + TLS) + WebTransport' }),
  'connect-critical': durationFlag({ helpGroup: threshold, description: 'the same' }),
  'rtt-warning': durationFlag({ helpGroup: threshold, description: 'round-trip time' }),
  'rtt-critical': durationFlag({ helpGroup: threshold, description: 'the same' }),
  'first-object-warning': durationFlag({
    helpGroup: threshold,
    description: 'SUBSCRIBE to the first object (--subscribe, --roundtrip)',
  }),
  'first-object-critical': durationFlag({ helpGroup: threshold, description: 'the same' }),
  'latency-warning': durationFlag({
    helpGroup: threshold,
    description: '99th percentile of the latency of objects',
    dependsOn: ['roundtrip'],
  }),
  'latency-critical': durationFlag({ helpGroup: threshold, description: 'the same', dependsOn: ['roundtrip'] }),
  'loss-warning': percentFlag({
    helpGroup: threshold,
    description: 'share of objects that are missing',
    dependsOn: ['roundtrip'],
  }),
  'loss-critical': percentFlag({ helpGroup: threshold, description: 'the same', dependsOn: ['roundtrip'] }),
  'cert-expiry-warning': longDurationFlag({ helpGroup: threshold, description: 'time until the certificate expires' }),
  'cert-expiry-critical': longDurationFlag({ helpGroup: threshold, description: 'the same' }),
};

/** Drafts by transports instead of one probe. */
export const probeMatrixFlags = {
  matrix: Flags.boolean({
    description:
      'try every draft over every transport, and find out how the relay behaves; limits hold for each (connect, rtt, cert-expiry)',
    exclusive: ['announce', 'subscribe', 'fetch', 'track-status', 'roundtrip'],
  }),
  'no-fingerprint': Flags.boolean({
    description:
      'with --matrix: drafts and transports alone, without asking how the relay behaves (by requests for names that nobody has, a track of its own, 0-RTT and a move to another port)',
    dependsOn: ['matrix'],
  }),
};
