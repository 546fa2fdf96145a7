import { PROFILES } from '../../wire/drafts/index.js';
import type { CodeSpace, DraftProfile } from '../../wire/profile.js';

const NUMBER = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i;

/** Whether this is a number, or a name that a draft has for a code of this space. */
export function isCode(space: CodeSpace, text: string): boolean {
  return NUMBER.test(text) || PROFILES.some((profile) => profile.codes(space).has(text.toUpperCase()));
}

/** The number for a code in this draft; 1, which is an internal error in most registries, where it lacks the name. */
export function resolveCode(profile: DraftProfile, space: CodeSpace, text: string): bigint {
  if (NUMBER.test(text)) return BigInt(text);
  const table = profile.codes(space);
  return table.has(text.toUpperCase()) ? table.code(text.toUpperCase()) : 1n;
}

/** The name for a code in this draft; INTERNAL_ERROR where a number has none. */
export function resolveName(profile: DraftProfile, space: CodeSpace, text: string): string {
  if (!NUMBER.test(text)) return text.toUpperCase();
  return profile.codes(space).name(BigInt(text)) ?? 'INTERNAL_ERROR';
}
