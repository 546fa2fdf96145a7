import { randomBytes } from 'node:crypto';
import type { Detail, ProbeWarning } from '../../records/probe-report.js';
import type { MoqtSession, Publication, SessionHandlers } from '../../session/session.js';
import { utf8 } from '../../util/bytes.js';
import { withTimeout } from '../../util/timeout.js';
import { type FullTrackName, trackKey } from '../../wire/full-track-name.js';
import { FirstObject } from '../requests/first-object.js';
import { ANSWER_MS, ASK_OPTIONS, ask, askIn, type Behaviour, behaviourDetail, type OpenSession } from './ask.js';

/** What a relay did with a track that a session of ours published, for another session of ours. */
export interface PublishedTrack {
  readonly detail: Detail;
  /** Null: the relay takes no publisher, so that there was no track to ask for. */
  readonly subscribe: Behaviour | null;
  readonly objectArrived: boolean;
  readonly fetch: Behaviour | null;
  readonly fetchedObjects: number;
  readonly trackStatus: Behaviour | null;
  readonly quirks: readonly ProbeWarning[];
}

const PAYLOAD = utf8('moqt probe');
const NOTHING = { subscribe: null, objectArrived: false, fetch: null, fetchedObjects: 0, trackStatus: null };

/**
 * Publishes a track of one object, and asks for it: SUBSCRIBE with its object, FETCH of that object, TRACK_STATUS. Only this
 * tells a relay that serves FETCH from one that refuses whatever it does not know.
 */
export async function publishedTrack(open: OpenSession): Promise<PublishedTrack> {
  const failures: Behaviour[] = [];
  for (const via of ['PUBLISH_NAMESPACE', 'PUBLISH'] as const) {
    const track = { namespace: [utf8('moqt-probe'), utf8(randomBytes(6).toString('hex'))], name: utf8('track') };
    const published = await ask(open, async (publisher) => {
      publisher.handlers = handlersFor(track);
      const offered = await askIn(publisher, (session) => offer(session, track, via));
      return { offered, asked: offered.answer === 'accepted' ? await askFor(open, track, via) : null };
    });
    if (published.got?.asked) {
      const { offered, asked } = published.got;
      return { ...asked, quirks: [...offered.quirks, ...asked.quirks] };
    }
    failures.push(published.got?.offered ?? published);
  }
  const reason = 'the relay takes neither PUBLISH_NAMESPACE nor PUBLISH';
  return { ...NOTHING, detail: { via: null, reason }, quirks: failures.flatMap(({ quirks }) => quirks) };
}

async function offer(session: MoqtSession, track: FullTrackName, via: 'PUBLISH_NAMESPACE' | 'PUBLISH'): Promise<void> {
  if (via === 'PUBLISH_NAMESPACE') {
    await session.publishNamespace(track.namespace, {}, ASK_OPTIONS);
    return;
  }
  const publication = await session.publish(track, { parameters: { forward: true } }, ASK_OPTIONS);
  const send = (): void => {
    if (publication.forward) void sendObject(publication).catch(() => {});
  };
  publication.onUpdate = send;
  send();
}

/** The publisher: one object for whoever asks. What goes wrong here shows in what arrives. */
function handlersFor(track: FullTrackName): SessionHandlers {
  const isIt = (other: FullTrackName): boolean => trackKey(other) === trackKey(track);
  const unknown = { name: 'DOES_NOT_EXIST', reason: 'no such track' } as const;
  const largestObject = { group: 0n, object: 0n };
  return {
    onSubscribe: (request) => {
      if (!isIt(request.track)) return request.reject(unknown);
      const publication = request.accept();
      const send = (): void => {
        if (publication.forward) void sendObject(publication).catch(() => {});
      };
      publication.onUpdate = send;
      send();
    },
    onFetch: (request) => {
      if (request.target.type === 'standalone' && !isIt(request.target.track)) return request.reject(unknown);
      void (async () => {
        const stream = await request.accept({ endOfTrack: false, end: { group: 0n, object: 1n } });
        await stream.writeObject({ group: 0n, subgroup: 0n, object: 0n, priority: 128 }, PAYLOAD);
        stream.end();
      })().catch(() => {});
    },
    onTrackStatus: (request) => {
      if (isIt(request.track)) request.accept({ parameters: { largestObject } });
      else request.reject(unknown);
    },
  };
}

const sent = new WeakSet<Publication>();

async function sendObject(publication: Publication): Promise<void> {
  if (sent.has(publication)) return;
  sent.add(publication);
  const header = { group: 0n, subgroup: 0n, hasProperties: false, endOfGroup: true, firstObject: true };
  const stream = await publication.openSubgroup(header);
  await stream.writeObject({ object: 0n }, PAYLOAD);
  stream.end();
}

async function askFor(open: OpenSession, track: FullTrackName, via: string): Promise<PublishedTrack> {
  const first = new FirstObject();
  // The subscription stays while the others ask: relays serve FETCH from what flows through them.
  let fetch: Behaviour & { readonly got?: number };
  let status: Behaviour;
  let objectArrived = false;
  const subscribed = await ask(open, async (session) => {
    first.start();
    const filter = session.profile.features.unfiltered ? {} : ({ filter: { type: 'largest-object' } } as const);
    const started = performance.now();
    const subscription = await session.subscribe(track, filter, first, ASK_OPTIONS);
    const ms = performance.now() - started;
    const outcome = await first.wait(subscription, session, ANSWER_MS, undefined);
    objectArrived = outcome.kind === 'object';
    fetch = await ask(open, (other) => fetchObjects(other, track));
    status = await ask(open, (other) => other.trackStatus(track, {}, ASK_OPTIONS));
    subscription.cancel();
    return ms;
  });
  const subscribe = { ...subscribed, ms: subscribed.got ?? subscribed.ms };
  fetch ??= await ask(open, (other) => fetchObjects(other, track));
  status ??= await ask(open, (other) => other.trackStatus(track, {}, ASK_OPTIONS));
  const fetchedObjects = fetch.got ?? 0;
  return {
    subscribe,
    objectArrived,
    fetch,
    fetchedObjects,
    trackStatus: status,
    detail: {
      via,
      subscribe: behaviourDetail(subscribe),
      objectArrived,
      fetch: behaviourDetail(fetch),
      fetchedObjects,
      trackStatus: behaviourDetail(status),
    },
    quirks: [subscribe, fetch, status].flatMap(({ quirks }) => quirks),
  };
}

/** How many objects came of the one that there is. */
async function fetchObjects(session: MoqtSession, track: FullTrackName): Promise<number> {
  const range = { start: { group: 0n, object: 0n }, end: { group: 0n, object: 1n } };
  const response = session.fetch({ type: 'standalone', track, ...range }, {}, ASK_OPTIONS);
  try {
    await response.ok;
    let objects = 0;
    const all = async (): Promise<void> => {
      for (let run = await response.read(); run !== null; run = await response.read()) {
        objects += run.filter((entry) => entry.kind === 'object' && entry.complete).length;
      }
    };
    // The answer counts; what does not come is not there.
    await withTimeout(all(), ANSWER_MS, () => new Error('late')).catch(() => {});
    return objects;
  } finally {
    response.cancel();
  }
}
