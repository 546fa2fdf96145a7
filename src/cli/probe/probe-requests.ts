import type { RequestsOptions } from '../../core/probe/requests/requests.js';
import type { Thresholds } from '../../core/probe/thresholds.js';
import { parseFullTrackName, parseNamespace } from '../../core/url/namespace.js';
import { formatDuration } from '../../core/util/duration.js';
import type { FullTrackName } from '../../core/wire/full-track-name.js';
import type { AuthorizationToken } from '../../core/wire/messages/parameters.js';
import { badFlag } from '../flags/kinds.js';

/** The values of the flags of requests and round trip. */
export interface ProbeRequestFlags {
  readonly announce?: string | undefined;
  readonly subscribe?: string | undefined;
  readonly fetch?: string | undefined;
  readonly 'track-status'?: string | undefined;
  readonly 'data-timeout': number;
  readonly roundtrip: boolean;
  readonly objects?: number | undefined;
  readonly 'object-size'?: number | undefined;
  readonly rate?: number | undefined;
  readonly 'group-every'?: number | undefined;
  readonly via: 'namespace' | 'publish';
  readonly forwarding: 'subgroup' | 'datagram';
}

type Limit = 'connect' | 'rtt' | 'first-object' | 'latency' | 'loss' | 'cert-expiry';
const LIMITS: readonly Limit[] = ['connect', 'rtt', 'first-object', 'latency', 'loss', 'cert-expiry'];

/** The values of the threshold flags: ms, and a share for loss. */
export type ThresholdFlags = Readonly<Partial<Record<`${Limit}-${'warning' | 'critical'}`, number | undefined>>>;

/** What the flags ask of the peer; undefined when nothing. Throws MOQT_E_USAGE and MOQT_E_NAME. */
export function prepareProbeRequests(
  flags: ProbeRequestFlags & ThresholdFlags,
  tokens: readonly AuthorizationToken[],
): RequestsOptions | undefined {
  const { announce, subscribe, fetch, 'track-status': trackStatus, roundtrip } = flags;
  if (roundtrip && (flags['object-size'] ?? 32) < 32) {
    throw badFlag(
      'object-size',
      `${flags['object-size']}`,
      'at least 32 bytes: number, send time and digest of an object',
    );
  }
  if (!roundtrip && [announce, subscribe, fetch, trackStatus].every((value) => value === undefined)) return undefined;
  return {
    announce: announce === undefined ? undefined : parseNamespace(announce),
    subscribe: trackOf('subscribe', subscribe),
    fetch: trackOf('fetch', fetch),
    trackStatus: trackOf('track-status', trackStatus),
    dataTimeoutMs: flags['data-timeout'],
    tokens,
    ...(roundtrip && {
      roundtrip: {
        objects: flags.objects,
        objectBytes: flags['object-size'],
        rate: flags.rate,
        groupEvery: flags['group-every'],
        via: flags.via,
        forwarding: flags.forwarding,
        lossHasThreshold: flags['loss-warning'] !== undefined || flags['loss-critical'] !== undefined,
      },
    }),
  };
}

/** The limits of the flags by their names. Throws MOQT_E_USAGE for a warning that lies beyond its critical value. */
export function prepareThresholds(flags: ThresholdFlags): Thresholds {
  const thresholds: Partial<Record<Limit, { warning?: number; critical?: number }>> = {};
  for (const name of LIMITS) {
    const [warning, critical] = [flags[`${name}-warning`], flags[`${name}-critical`]];
    if (warning === undefined && critical === undefined) continue;
    const beyond = warning !== undefined && critical !== undefined && (name === 'cert-expiry') === warning < critical;
    if (beyond && warning !== critical) {
      const side = name === 'cert-expiry' ? 'not below' : 'not above';
      const given = name === 'loss' ? `${Number((warning * 100).toFixed(4))}%` : formatDuration(warning);
      throw badFlag(`${name}-warning`, given, `a value ${side} that of --${name}-critical`);
    }
    // A certificate's time left is in seconds in reports.
    const scale = name === 'cert-expiry' ? 1000 : 1;
    thresholds[name] = {
      ...(warning !== undefined && { warning: warning / scale }),
      ...(critical !== undefined && { critical: critical / scale }),
    };
  }
  return thresholds;
}

/** `live/room1/video`: the last slash divides; `%2F` is a slash within a field or the name. */
function trackOf(flag: string, text: string | undefined): FullTrackName | undefined {
  if (text === undefined) return undefined;
  const slash = text.lastIndexOf('/');
  if (slash <= 0) throw badFlag(flag, text, 'NAMESPACE/TRACK, for example live/room1/video');
  return parseFullTrackName(text.slice(0, slash), text.slice(slash + 1));
}
