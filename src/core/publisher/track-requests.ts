import type {
  IncomingFetch,
  IncomingSubscribe,
  IncomingTrackStatus,
  OutgoingFetch,
  Publication,
  SessionHandlers,
} from '../session/session.js';
import { type FullTrackName, trackKey } from '../wire/full-track-name.js';
import { compareLocations, type Location } from '../wire/location.js';
import type { DraftProfile } from '../wire/profile.js';
import { encodeProperties } from '../wire/properties.js';
import type { TrackLog, TrackObject } from './track-log.js';

export interface RequestContext {
  readonly log: TrackLog;
  readonly profile: DraftProfile;
  /** Largest location when a publication began. */
  joinedAt(publication: Publication): Location | null;
  onSubscribe(request: IncomingSubscribe): void;
}

const NOT_HERE = { name: 'DOES_NOT_EXIST', reason: 'this track is not published here' } as const;

/** Handlers that answer the requests for one track; everything else goes to whoever had the session before. */
export function trackHandlers(track: FullTrackName, outer: SessionHandlers, context: RequestContext): SessionHandlers {
  const key = trackKey(track);
  const isOurs = (asked: FullTrackName | undefined): boolean => asked !== undefined && trackKey(asked) === key;
  return {
    ...outer,
    onSubscribe: (request) => {
      if (isOurs(request.track)) context.onSubscribe(request);
      else if (outer.onSubscribe) outer.onSubscribe(request);
      else request.reject(NOT_HERE);
    },
    onTrackStatus: (request) => {
      if (isOurs(request.track)) answerTrackStatus(request, context.log);
      else if (outer.onTrackStatus) outer.onTrackStatus(request);
      else request.reject(NOT_HERE);
    },
    onFetch: (request) => {
      const { target, joining } = request;
      if (isOurs(target.type === 'standalone' ? target.track : joining?.track)) {
        // That the fetcher cancelled or the session ended is its own matter, not the track's.
        answerFetch(request, context).catch(() => {});
      } else if (outer.onFetch) outer.onFetch(request);
      else request.reject(NOT_HERE);
    },
  };
}

/** TRACK_STATUS is answered with the largest location, or without one while nothing was published. */
function answerTrackStatus(request: IncomingTrackStatus, log: TrackLog): void {
  request.accept({ parameters: log.largest === null ? {} : { largestObject: log.largest } });
}

/**
 * FETCH is answered from the current group as far as it is kept; anything older is not there any more.
 */
async function answerFetch(request: IncomingFetch, context: RequestContext): Promise<void> {
  const { log, profile } = context;
  const range = fetchRange(request, context);
  const { largest } = log;
  if (range === null || largest === null || compareLocations(range.start, largest) > 0) {
    request.reject({ name: 'INVALID_RANGE', reason: 'nothing was published in this range' });
    return;
  }
  const end = compareLocations(range.end, largest) > 0 ? largest : range.end;
  if (compareLocations(range.start, end) > 0) {
    request.reject({ name: 'INVALID_RANGE', reason: 'the range ends before it starts' });
    return;
  }
  if (log.currentGroup === null || range.start.group < log.currentGroup || !log.currentGroupIsWhole) {
    request.reject({ name: 'NOT_SUPPORTED', reason: 'only the current group is kept' });
    return;
  }
  const objects = collect(log, range.start, end);
  const stream = await request.accept({
    endOfTrack: log.endOfTrack && compareLocations(end, largest) === 0,
    end: { group: end.group, object: end.object + 1n },
  });
  await send(stream, objects, profile);
}

function fetchRange(request: IncomingFetch, context: RequestContext): { start: Location; end: Location } | null {
  const { target, joining } = request;
  if (target.type === 'standalone') {
    // On the wire the end object is plus one, and 0 is the whole group (draft-18 §10.12).
    const { group, object } = target.end;
    const end = object === 0n ? { group, object: (1n << 64n) - 1n } : { group, object: object - 1n };
    return { start: target.start, end };
  }
  const at = joining === undefined ? null : context.joinedAt(joining);
  if (at === null) return null;
  const group = target.type === 'relative-joining' ? at.group - target.joiningStart : target.joiningStart;
  return { start: { group: group < 0n ? 0n : group, object: 0n }, end: at };
}

function collect(log: TrackLog, start: Location, end: Location): TrackObject[] {
  const objects: TrackObject[] = [];
  for (let sequence = log.joinPoint; sequence < log.head; sequence++) {
    const entry = log.at(sequence);
    if (entry.kind !== 'object' || entry.status !== 'normal') continue;
    if (compareLocations(entry, start) >= 0 && compareLocations(entry, end) <= 0) objects.push(entry);
  }
  return objects.sort(compareLocations);
}

async function send(stream: OutgoingFetch, objects: readonly TrackObject[], profile: DraftProfile): Promise<void> {
  for (const { group, subgroup, object, priority, properties, payload } of objects) {
    const encoded = properties.length === 0 ? undefined : encodeProperties(profile, properties);
    const header = { group, subgroup, object, priority: priority ?? 128 };
    const pause = stream.writeObject(encoded === undefined ? header : { ...header, properties: encoded }, payload);
    if (pause !== undefined) await pause;
  }
  stream.end();
}
