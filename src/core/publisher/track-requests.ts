import type { IncomingFetch, IncomingTrackStatus, OutgoingFetch, Publication } from '../session/session.js';
import { compareLocations, type Location } from '../wire/location.js';
import type { DraftProfile } from '../wire/profile.js';
import { encodeProperties } from '../wire/properties.js';
import type { TrackLog, TrackObject } from './track-log.js';

/** TRACK_STATUS is answered with the largest location, or without one while nothing was published. */
export function answerTrackStatus(request: IncomingTrackStatus, log: TrackLog): void {
  request.accept({ parameters: log.largest === null ? {} : { largestObject: log.largest } });
}

/**
 * FETCH is answered from the current group as far as it is kept; anything older is not there any more. `joinedAt` gives the
 * largest location at the time a publication began.
 */
export async function answerFetch(
  request: IncomingFetch,
  log: TrackLog,
  profile: DraftProfile,
  joinedAt: (publication: Publication) => Location | null,
): Promise<void> {
  const range = fetchRange(request, joinedAt);
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

function fetchRange(
  request: IncomingFetch,
  joinedAt: (publication: Publication) => Location | null,
): { start: Location; end: Location } | null {
  const { target, joining } = request;
  if (target.type === 'standalone') {
    // On the wire the end object is plus one, and 0 is the whole group (draft-18 §10.12).
    const { group, object } = target.end;
    const end = object === 0n ? { group, object: (1n << 64n) - 1n } : { group, object: object - 1n };
    return { start: target.start, end };
  }
  const at = joining === undefined ? null : joinedAt(joining);
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
