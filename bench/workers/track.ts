import { join } from 'node:path';
import { publish } from '../../src/core/publisher/publish.js';
import type { PublishSource } from '../../src/core/publisher/publish-options.js';
import { establishSession } from '../../src/core/session/establish.js';
import type { MoqtSession } from '../../src/core/session/session.js';
import { subscribe, type TrackSubscription } from '../../src/core/subscriber/subscribe.js';
import { openTracing, type Tracing } from '../../src/core/trace/tracing.js';
import type { TransportSession } from '../../src/core/transport/transport.js';
import { profileByDraft } from '../../src/core/wire/drafts/index.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { ContentCheck, chunksOf, contentBlock } from './content.js';
import { type ClientTransport, connectFor, listenOn, type Pair, packetPath } from './endpoints.js';
import { pacedRecords, readPaced } from './paced.js';
import { MemoryWatch, Stretch, say, udpDrops, untilTold } from './process-report.js';

const CHUNK_BYTES = 64 << 10;
const TIMEOUTS = { setupMs: 10_000, requestMs: 30_000, closeMs: 2000 };

export interface TrackLoad {
  readonly draft: string;
  readonly namespace: string;
  readonly bytes: number;
  readonly objectSize: number;
  /** Objects a second, evenly; absent is as fast as it goes. */
  readonly rate?: number;
  readonly groupObjects?: number;
  /** Bytes before anything is measured. */
  readonly warmUpBytes?: number;
  readonly watchMemory?: boolean;
  /** Offer the track by PUBLISH: for a subscriber that takes no announcements. */
  readonly push?: boolean;
  /** Both ends write traces into this folder, without payloads. */
  readonly traces?: string;
  /** Of clients; default raw QUIC. */
  readonly transport?: ClientTransport;
}

function profileOf(draft: string): DraftProfile {
  const profile = profileByDraft(draft);
  if (profile === undefined) throw new Error(`no draft ${draft}`);
  return profile;
}

function establish(role: 'client' | 'server', transport: TransportSession, draft: string): Promise<MoqtSession> {
  return establishSession(role, transport, { profiles: [profileOf(draft)], timeouts: TIMEOUTS });
}

function trackOf(namespace: string) {
  return { namespace: [Buffer.from('bench'), Buffer.from(namespace)], name: Buffer.from('load') };
}

async function* unpaced(bytes: number): AsyncGenerator<Uint8Array> {
  yield* chunksOf(contentBlock(), bytes, CHUNK_BYTES);
}

function sourceOf(load: TrackLoad): PublishSource {
  if (load.rate === undefined) return { kind: 'bytes', chunks: unpaced(load.bytes) };
  return { kind: 'records', batches: pacedRecords(load.bytes / load.objectSize, load.objectSize, load.rate) };
}

async function publishOn(session: MoqtSession, load: TrackLoad): Promise<void> {
  const watch = load.watchMemory ? new MemoryWatch() : undefined;
  const publisher = publish(session, {
    track: trackOf(load.namespace),
    source: sourceOf(load),
    objectSize: load.objectSize,
    ...(load.push && { via: 'publish' as const }),
    ...(load.groupObjects && { groupEvery: { objects: load.groupObjects } }),
    drainTimeoutMs: 30_000,
  });
  const { objects, bytes } = await publisher.done;
  const drops = udpDrops(session.transport.local.port);
  say('sent', { objects, bytes, drops, memory: watch?.stop(), ...packetPath(session.transport) });
}

/** A server that publishes to whoever subscribes: no relay in between. */
export async function trackServe(load: TrackLoad & { readonly pair: Pair }): Promise<void> {
  const listener = await listenOn(load.pair, profileOf(load.draft).alpn, (transport) => {
    void serveTrack(transport, load);
  });
  await untilTold();
  await listener.close({ closeSessions: { code: 0n, reason: '' } });
}

async function serveTrack(transport: TransportSession, load: TrackLoad): Promise<void> {
  const tracing = await tracingOf(load, 'server');
  const session = await establishSession('server', transport, {
    profiles: [profileOf(load.draft)],
    timeouts: TIMEOUTS,
    ...(tracing && { observer: tracing.observe() }),
  });
  await publishOn(session, load);
  await session.closed;
  await tracing?.close();
}

function tracingOf({ traces, draft }: TrackLoad, perspective: 'client' | 'server'): Promise<Tracing> | undefined {
  if (traces === undefined) return undefined;
  return openTracing({ files: [join(traces, `${perspective}.moqtrace`)], payload: false, perspective, draft });
}

/** A client that publishes through a relay. */
export async function trackPublish(load: TrackLoad & { readonly port: number }): Promise<void> {
  const session = await establish(
    'client',
    await connectFor(profileOf(load.draft), load.port, load.transport),
    load.draft,
  );
  say('connected');
  await publishOn(session, load);
  await untilTold();
  await session.close();
}

/** A client that subscribes, and compares what comes with what was sent. */
export async function trackRead(load: TrackLoad & { readonly port: number }): Promise<void> {
  const { draft, namespace, port } = load;
  const transport = await connectFor(profileOf(draft), port, load.transport);
  const tracing = await tracingOf(load, 'client');
  const session = await establishSession('client', transport, {
    profiles: [profileOf(draft)],
    timeouts: TIMEOUTS,
    ...(tracing && { observer: tracing.observe() }),
    handlers: { onPublishNamespace: (request) => void request.accept() },
  });
  const subscription = await subscribe(session, {
    track: trackOf(namespace),
    items: load.rate === undefined ? 'pieces' : 'objects',
    waitMs: 20_000,
  });
  const watch = load.watchMemory ? new MemoryWatch() : undefined;
  const result =
    load.rate === undefined ? await readUnpaced(subscription, load.warmUpBytes) : await readPaced(subscription);
  const { objects, missing } = subscription.report();
  const drops = udpDrops(transport.local.port);
  say('received', {
    objects,
    gaps: Number(missing.objects + missing.groups + missing.streams),
    drops,
    memory: watch?.stop(),
    ...result,
    ...packetPath(transport),
  });
  await session.close();
  await tracing?.close();
}

async function readUnpaced(subscription: TrackSubscription, warmUpBytes?: number): Promise<object> {
  const check = new ContentCheck();
  const stretch = new Stretch(warmUpBytes);
  for (let batch = await subscription.nextBatch(); batch !== null; batch = await subscription.nextBatch()) {
    for (const item of batch) {
      if (item.kind !== 'piece' && item.kind !== 'object') continue;
      stretch.mark(item.payload.length);
      check.push(item.payload);
    }
  }
  return { bytes: check.bytes, isSame: check.isSame, ...stretch.result };
}
