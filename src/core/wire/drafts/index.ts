import type { DraftProfile } from '../profile.js';
import { createProfile } from './definition.js';
import { draft14 } from './draft-14.js';
import { draft16 } from './draft-16.js';
import { draft18 } from './draft-18.js';

/** The drafts that are supported, in the order in which they are offered unless told otherwise. */
export const PROFILES: readonly DraftProfile[] = [draft18, draft16, draft14].map(createProfile);

/** By the number as users write it, such as '18'. */
export function profileByDraft(draft: string): DraftProfile | undefined {
  return PROFILES.find((profile) => profile.draft === draft);
}

/** By the application protocol that TLS or WebTransport agreed on, such as 'moqt-18'. */
export function profileByAlpn(alpn: string): DraftProfile | undefined {
  return PROFILES.find((profile) => profile.alpn === alpn);
}

/** By the version in CLIENT_SETUP and SERVER_SETUP of draft 14, such as 0xff00000e. */
export function profileByVersionCode(versionCode: bigint): DraftProfile | undefined {
  return PROFILES.find((profile) => profile.versionCode === versionCode);
}
