import { MoqtError } from '../../core/errors/moqt-error.js';
import type { RequestsOptions } from '../../core/probe/requests/requests.js';
import type { ProbeReport } from '../../core/records/probe-report.js';
import { type NextPlace, RedirectTrail } from '../../core/session/connect/redirects.js';
import type { FullTrackName } from '../../core/wire/full-track-name.js';
import type { Redirect, RequestKind } from '../../core/wire/messages/control-message.js';
import { connectionAt, type FollowFlags, redirectsField } from '../session/follow-redirects.js';
import { type ProbeRequestFlags, prepareProbeRequests, type ThresholdFlags } from './probe-requests.js';
import type { ProbeTarget } from './probe-targets.js';

type Voice = Parameters<typeof connectionAt>[0];

/** One probe: where, with what, and what is asked. */
export interface ProbeAttempt {
  readonly url: string;
  readonly settings: ProbeTarget['settings'];
  readonly requests: RequestsOptions | undefined;
}

/** The request of each kind that a probe makes. */
const ASKED: Readonly<Partial<Record<RequestKind, 'announce' | 'subscribe' | 'fetch' | 'trackStatus'>>> = {
  PUBLISH_NAMESPACE: 'announce',
  SUBSCRIBE: 'subscribe',
  FETCH: 'fetch',
  TRACK_STATUS: 'trackStatus',
};

const NO_NAME = new Uint8Array();

/**
 * Probes a relay, and with --follow the place that it redirects a request to, where everything is asked again. The report is
 * that of the last place; a redirect that cannot be followed leaves the report that names it.
 */
export async function probeFollowing(
  voice: Voice,
  flags: FollowFlags & ProbeRequestFlags & ThresholdFlags,
  target: ProbeTarget,
  probe: (attempt: ProbeAttempt) => Promise<ProbeReport>,
): Promise<ProbeReport> {
  let requests = prepareProbeRequests(flags, target.requestTokens);
  if (!flags.follow || requests === undefined) return probe({ ...target, requests });
  const hops: NextPlace['hop'][] = [];
  let at: { url: string; settings: ProbeTarget['settings'] } = target;
  const trails = new Map<RequestKind, RedirectTrail>();
  for (;;) {
    let next: NextPlace | null = null;
    let problem: MoqtError | null = null;
    const asked: RequestsOptions = requests;
    const onRedirect: RequestsOptions['onRedirect'] = (request, redirect) => {
      const trail =
        trails.get(request) ?? new RedirectTrail({ url: at.url, track: trackOf(asked, request) }, target.url);
      trails.set(request, trail);
      try {
        if (asked.roundtrip !== undefined) checkOwnTrack(request, redirect);
        next = trail.follow(request, redirect);
      } catch (error) {
        if (!(error instanceof MoqtError)) throw error;
        problem = error;
      }
    };
    const report = await probe({ ...at, requests: { ...asked, onRedirect } });
    const found = { ...report, ...redirectsField(hops) };
    if (problem !== null) return withProblem(found, problem);
    if (next === null) return found;
    const { place, hop } = next as NextPlace;
    hops.push(hop);
    const { settings, requestTokens } = connectionAt(voice, flags, target, hop);
    at = { url: place.url, settings };
    requests = { ...renamed(asked, hop.request, place.track), tokens: requestTokens };
  }
}

/** @throws MoqtError MOQT_E_REJECTED for a redirect of the track or namespace of a round trip to a name that is not its own. */
function checkOwnTrack(request: RequestKind, { track }: Redirect): void {
  if (track.namespace.length === 0 && track.name.length === 0) return;
  if (request !== 'SUBSCRIBE' && request !== 'PUBLISH' && request !== 'PUBLISH_NAMESPACE') return;
  const message = `the redirect of ${request} to another name is not followed: a round trip has a name of its own, on both sides`;
  throw new MoqtError('MOQT_E_REJECTED', message, {
    stage: request === 'SUBSCRIBE' ? 'subscribe' : 'announce',
    cause: 'request.redirected',
    hint: 'probe it with --announce and --subscribe instead, which follow such a redirect',
  });
}

function trackOf(requests: RequestsOptions, request: RequestKind): FullTrackName {
  const field = ASKED[request];
  const value = field === undefined ? undefined : requests[field];
  if (value === undefined) return { namespace: [], name: NO_NAME };
  return 'name' in value ? value : { namespace: value, name: NO_NAME };
}

/** What was redirected is asked for under its new name. */
function renamed(requests: RequestsOptions, request: RequestKind, track: FullTrackName): RequestsOptions {
  const field = ASKED[request];
  if (field === undefined) return requests;
  return { ...requests, [field]: field === 'announce' ? track.namespace : track };
}

/** The stage that failed says why the redirect was not followed. */
function withProblem(report: ProbeReport, { message, hint }: MoqtError): ProbeReport {
  const words = { message, ...(hint !== undefined && { hint }) };
  const stages = report.stages.map((stage) => (stage.status === 'failed' ? { ...stage, ...words } : stage));
  return { ...report, ...words, stages };
}
