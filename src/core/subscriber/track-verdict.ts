import { MoqtError } from '../errors/moqt-error.js';
import { sessionEndedError } from '../session/failure.js';
import type { SubscriptionEnd } from '../session/session.js';
import type { Location } from '../wire/location.js';
import type { SubscribeLimits } from './subscribe-options.js';
import type { TrackEnd } from './track-item.js';

interface EndContext {
  readonly end: SubscriptionEnd | null;
  /** Clock time at which `end` came. */
  readonly endAt: number;
  readonly intake: {
    readonly openStreams: number;
    readonly streams: number;
    readonly datagrams: number;
    readonly endOfTrack: Location | null;
    readonly lastDataAt: number;
  };
  /** Every group was handed on. */
  readonly isEmpty: boolean;
  readonly limits: SubscribeLimits;
  readonly now: number;
}

/**
 * Whether everything that will come has come: after END_OF_TRACK, or a final message once the streams that it counts have
 * ended. Streams are awaited even when the final message overtakes them, but not for ever, since a stream that was reset
 * before its header arrived is never seen (draft-18 §10.12).
 */
export function endState(context: EndContext): { over: boolean; until: number | null } {
  const { end, endAt, intake, limits, now } = context;
  const after = (ms: number): { over: boolean; until: number | null } => {
    const until = Math.max(intake.lastDataAt, endAt) + ms;
    return { over: now >= until, until };
  };
  if (end === null) {
    if (intake.endOfTrack === null || intake.openStreams > 0) return { over: false, until: null };
    return after(context.isEmpty ? limits.doneWaitMs : limits.quietMs);
  }
  if (end.kind === 'cancelled') return { over: true, until: null };
  if (end.kind !== 'done') return intake.openStreams === 0 ? { over: true, until: null } : after(limits.quietMs);
  // Whoever ends it early has reset what was on its way, so there is little to wait for.
  if (!endsTrack(end.status.name))
    return intake.openStreams === 0 ? { over: true, until: null } : after(limits.quietMs);
  const counted = end.streamCount !== null && BigInt(intake.streams) <= end.streamCount;
  if (!counted) return intake.openStreams > 0 ? after(limits.streamWaitMs) : after(limits.quietMs);
  if (intake.openStreams > 0 || BigInt(intake.streams) < (end.streamCount ?? 0n)) return after(limits.streamWaitMs);
  // Datagrams have no stream that could end; only END_OF_TRACK tells that they are all here.
  if (intake.datagrams > 0 && !(intake.endOfTrack !== null && context.isEmpty)) return after(limits.quietMs);
  return { over: true, until: null };
}

function endsTrack(status: string): boolean {
  return status === 'TRACK_ENDED' || status === 'SUBSCRIPTION_ENDED';
}

/** Throws unless the track, or as much of it as was wanted, is here. */
export function judgeTrack(context: {
  why: TrackEnd['why'];
  end: SubscriptionEnd | null;
  endOfTrack: Location | null;
  missing: { readonly groups: bigint; readonly objects: bigint; readonly streams: bigint };
  allowGaps: boolean;
  /** Some of an object was handed on, if not all of it. */
  hasData: boolean;
  peer: string;
}): void {
  const { end, missing, peer } = context;
  const isMissing = !context.allowGaps && missing.groups + missing.objects + missing.streams > 0n;
  // END_OF_TRACK may overtake what never came: why it did not is in the status.
  const needsStatus = context.endOfTrack === null || isMissing;
  if (context.why === 'track' && needsStatus) checkEnd(end, context.hasData, peer);
  if (isMissing) {
    const parts = [
      ...(missing.groups > 0n ? [`${missing.groups} groups`] : []),
      ...(missing.objects > 0n ? [`${missing.objects} objects`] : []),
      ...(missing.streams > 0n ? [`${missing.streams} streams`] : []),
    ];
    throw new MoqtError('MOQT_E_INCOMPLETE', `missing: ${parts.join(', ')}`, {
      stage: 'data',
      cause: 'track.gap',
      hint: 'a relay may have dropped what was too much or too old for it; pace the publisher, or allow gaps',
      peer,
    });
  }
}

/** Throws when the subscription ended in another way than with its track. */
function checkEnd(end: SubscriptionEnd | null, hasData: boolean, peer: string): void {
  if (end === null || end.kind === 'cancelled') return;
  if (end.kind === 'session-closed') {
    throw sessionEndedError(end.close, { stage: 'data', afterData: hasData, peer });
  }
  const { name, code } = end.kind === 'done' ? end.status : end.code;
  if (end.kind === 'done' && endsTrack(name)) return;
  const said = end.kind === 'done' && end.reason !== '' ? `: ${end.reason}` : '';
  const what = end.kind === 'done' ? 'the publisher ended the subscription' : 'the subscription was reset';
  throw new MoqtError(
    name === 'UNAUTHORIZED' ? 'MOQT_E_UNAUTHORIZED' : 'MOQT_E_INCOMPLETE',
    `${what} before the end of the track: ${name} (0x${code.toString(16)})${said}`,
    {
      stage: 'data',
      cause: `subscription.${name.toLowerCase()}`,
      wire: { space: end.kind === 'done' ? 'publish-done' : 'stream-reset', code, name },
      peer,
    },
  );
}
