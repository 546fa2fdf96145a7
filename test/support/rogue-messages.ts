import type { DraftProfile } from '../../src/core/wire/profile.js';
import { type Forge, forge } from './forge.js';
import type { RoguePeer } from './rogue-peer.js';

/*
 * Control messages put together by hand, any part of which a test can replace by what no encoder would write.
 */

export type Fill = (forge: Forge) => Forge;

const ONE_FIELD: Fill = (f) => f.tuple('live');
const NAME: Fill = (f) => f.prefixed('x');
const NONE: Fill = (f) => f.varint(0);
export const is14 = (profile: DraftProfile): boolean => profile.features.inBandVersions;

interface SubscribeParts {
  readonly namespace?: Fill;
  readonly name?: Fill;
  readonly order?: number;
  readonly forward?: number;
  readonly filter?: Fill;
  readonly parameters?: Fill;
}

/** SUBSCRIBE with any of its parts replaced. */
export function subscribeBody(profile: DraftProfile, id: bigint, parts: SubscribeParts = {}): Forge {
  const { namespace = ONE_FIELD, name = NAME, order = 1, forward = 1, parameters = NONE } = parts;
  const { filter = (f: Forge) => f.varint(2) } = parts;
  const body = name(namespace(forge(profile).varint(id)));
  if (is14(profile)) filter(body.uint8(128, order, forward));
  return parameters(body);
}

export function subscribe(parts: (profile: DraftProfile) => SubscribeParts) {
  return (profile: DraftProfile, id: bigint): Uint8Array =>
    subscribeBody(profile, id, parts(profile)).message('SUBSCRIBE');
}

export function announce(namespace: (profile: DraftProfile) => Fill) {
  return (profile: DraftProfile, id: bigint): Uint8Array =>
    namespace(profile)(forge(profile).varint(id)).varint(0).message('PUBLISH_NAMESPACE');
}

/** One parameter: its type and what follows. */
export function parameter(type: number, value: Fill): Fill {
  return (f) => value(f.varint(1, type));
}

export function fetch(type: number, rest: Fill) {
  return (profile: DraftProfile, id: bigint): Uint8Array => {
    const body = forge(profile).varint(id);
    if (is14(profile)) body.uint8(128, 1);
    return rest(body.varint(type)).varint(0).message('FETCH');
  };
}

export const goAway = (profile: DraftProfile, uri: string | Uint8Array): Forge => {
  const body = forge(profile).prefixed(uri);
  if (profile.features.goAwayTimeout) body.varint(0);
  return body;
};

/** A parameter of one byte: as such from 18 on, an integer before. */
export function flag(profile: DraftProfile, f: Forge, value: number): Forge {
  return profile.features.requests === 'native-bidi' ? f.uint8(value) : f.varint(value);
}

/** The refusal of a SUBSCRIBE with a reason of any length. */
export function refusal(peer: RoguePeer, id: { readonly requestId?: bigint }, reason: Uint8Array): Uint8Array {
  const { profile } = peer;
  const body = forge(profile);
  if (id.requestId !== undefined) body.varint(id.requestId);
  body.varint(1);
  if (profile.features.retryInterval) body.varint(0);
  return body.prefixed(reason).message(0x05);
}

/** SUBSCRIBE_OK by hand: in 14 with a group order and a content flag, later with parameters. */
export function subscribeOk(
  profile: DraftProfile,
  id: { readonly requestId?: bigint },
  parts: { readonly order?: number; readonly content?: number; readonly parameters?: Fill },
): Uint8Array {
  const { order = 1, content = 0, parameters = NONE } = parts;
  const body = forge(profile);
  if (id.requestId !== undefined) body.varint(id.requestId);
  body.varint(7);
  if (is14(profile)) body.varint(0).uint8(order, content);
  return parameters(body).message('SUBSCRIBE_OK');
}
