import type { MoqtSession, SessionOptions } from '../../src/core/session/session.js';
import { subscribe, type TrackSubscription } from '../../src/core/subscriber/subscribe.js';
import type { SubscribeOptions } from '../../src/core/subscriber/subscribe-options.js';
import { concatBytes } from '../../src/core/util/bytes.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { encodeSubgroupHeader, SubgroupEncoder } from '../../src/core/wire/subgroup.js';
import { Recorder } from './relay-world.js';
import type { Draft, RoguePeer, RogueRequest } from './rogue-peer.js';
import { type RelayUnderTest, type RogueServer, trackName } from './rogue-world.js';
import { soon } from './wait.js';

export interface RogueSubgroup {
  readonly alias: bigint;
  readonly group: bigint;
  readonly subgroup?: bigint;
  readonly hasProperties?: boolean;
}

export interface RogueObject {
  readonly id: bigint;
  readonly payload: string | Uint8Array;
  readonly properties?: Uint8Array;
}

/** The header of a good subgroup stream. */
export function subgroupHeader(profile: DraftProfile, of: RogueSubgroup): Uint8Array {
  return encodeSubgroupHeader(profile, {
    trackAlias: of.alias,
    group: of.group,
    subgroup: of.subgroup ?? 0n,
    priority: 128,
    hasProperties: of.hasProperties ?? false,
    endOfGroup: false,
    firstObject: false,
  });
}

/** A good subgroup stream with these objects. */
export function subgroupStream(
  profile: DraftProfile,
  of: RogueSubgroup,
  ...objects: readonly RogueObject[]
): Uint8Array {
  const encoder = new SubgroupEncoder(profile, { hasProperties: of.hasProperties ?? false });
  const parts = [subgroupHeader(profile, of)];
  for (const { id, payload, properties } of objects) {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    parts.push(encoder.objectHeader({ object: id, ...(properties && { properties }) }, bytes.length), bytes);
  }
  return concatBytes(parts);
}

/** A subscriber of ours at a rogue publisher, which has accepted it. */
export interface Listening {
  readonly peer: RoguePeer;
  readonly session: MoqtSession;
  readonly subscription: TrackSubscription;
  readonly request: RogueRequest<'SUBSCRIBE'>;
  /** PUBLISH_DONE: the track has ended after so many streams. */
  done(streams: bigint, status?: string): void;
}

export const ALIAS = 7n;

export async function listen(
  server: RogueServer,
  draft: Draft,
  options: Partial<SubscribeOptions> = {},
): Promise<Listening> {
  const { peer, session } = await server.established(draft);
  const subscribing = subscribe(session, { track: trackName('live/x'), ...options });
  const request = await peer.nextRequest('SUBSCRIBE');
  request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias: ALIAS, parameters: {} });
  const subscription = await soon(subscribing, 'SUBSCRIBE_OK');
  return { peer, session, subscription, request, done: (streams, status) => done(request, streams, status) };
}

function done(request: RogueRequest<'SUBSCRIBE'>, streamCount: bigint, status = 'TRACK_ENDED'): void {
  const statusCode = request.stream.profile.codes('publish-done').code(status);
  request.stream.message({ type: 'PUBLISH_DONE', ...request.id, statusCode, streamCount, reason: '' });
  if (request.stream.profile.features.requests === 'native-bidi') request.stream.end();
}

/** A rogue that publishes a track at the relay, and a member that listens to it there. */
export interface Relayed {
  readonly peer: RoguePeer;
  readonly member: MoqtSession;
  readonly recorder: Recorder;
  readonly request: RogueRequest<'SUBSCRIBE'>;
  done(streams: bigint): void;
}

export async function relayed(
  relay: RelayUnderTest,
  draft: Draft,
  path: string,
  memberDraft: Draft = '18',
  options: Partial<SessionOptions> = {},
): Promise<Relayed> {
  const peer = await relay.establishedRogue(draft);
  const track = trackName(path);
  const { namespace } = track;
  const announced = await peer.request({
    type: 'PUBLISH_NAMESPACE',
    requestId: peer.requestId(),
    namespace,
    parameters: {},
  });
  await announced.next('REQUEST_OK');
  const member = await relay.member(memberDraft, options);
  const recorder = new Recorder(member.profile);
  const subscribing = member.subscribe(track, {}, recorder);
  const request = await peer.nextRequest('SUBSCRIBE');
  request.stream.message({ type: 'SUBSCRIBE_OK', ...request.id, trackAlias: ALIAS, parameters: {} });
  await soon(subscribing, 'SUBSCRIBE_OK through the relay');
  return { peer, member, recorder, request, done: (streams) => done(request, streams) };
}
