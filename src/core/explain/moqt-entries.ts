import type { RequestKind } from '../wire/messages/control-message.js';
import type { CodeSpace, DraftProfile } from '../wire/profile.js';
import { createEntry, type Entry } from './entry.js';

/** The requests whose error replies may have registries of their own. */
export const REQUESTS = [
  'SUBSCRIBE',
  'PUBLISH',
  'FETCH',
  'TRACK_STATUS',
  'PUBLISH_NAMESPACE',
  'SUBSCRIBE_NAMESPACE',
] as const satisfies readonly RequestKind[];

type Request = (typeof REQUESTS)[number];

/** A code of one draft: its name, and the requests that have it (all of them: an empty list). */
interface DraftCode {
  readonly space: CodeSpace;
  readonly code: bigint;
  readonly name: string;
  readonly requests: readonly Request[];
  readonly section: string;
}

/** Every code of these drafts; where several drafts agree, one entry for all of them. */
export function moqtEntries(profiles: readonly DraftProfile[]): Entry[] {
  const merged = new Map<string, { first: DraftCode; drafts: string[]; sections: string[] }>();
  for (const profile of profiles) {
    for (const code of codesOf(profile)) {
      const key = [code.space, code.code, code.name, ...code.requests].join(' ');
      const known = merged.get(key) ?? { first: code, drafts: [], sections: [] };
      known.drafts.push(profile.draft);
      known.sections.push(code.section);
      merged.set(key, known);
    }
  }
  return [...merged.values()].map(({ first, drafts, sections }) =>
    createEntry({
      space: first.space,
      name: first.name,
      number: first.code,
      messages: first.requests,
      drafts,
      sections,
    }),
  );
}

function codesOf(profile: DraftProfile): DraftCode[] {
  const spaces = ['session', 'publish-done', 'stream-reset'] as const;
  const plain = spaces.flatMap((space) =>
    [...profile.codes(space).entries()].map(([code, name]) => ({
      space,
      code,
      name,
      requests: [],
      section: sectionOf(profile, space),
    })),
  );
  return [...plain, ...requestErrors(profile)];
}

/** The registries of all requests, and which requests share a meaning. */
function requestErrors(profile: DraftProfile): DraftCode[] {
  const found = new Map<string, { code: bigint; name: string; requests: Request[] }>();
  for (const request of REQUESTS) {
    for (const [code, name] of profile.codes('request-error', request).entries()) {
      const key = `${code} ${name}`;
      const known = found.get(key) ?? { code, name, requests: [] };
      known.requests.push(request);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ code, name, requests }) => {
    const all = requests.length === REQUESTS.length;
    const own = requests.map((request) => profile.codeSection('request-error', request));
    const where = all ? [profile.codeSection('request-error')] : new Set(own);
    return {
      space: 'request-error',
      code,
      name,
      requests: all ? [] : requests,
      section: `${documentOf(profile)} ${[...where].map((section) => `§${section}`).join(', ')}`,
    };
  });
}

function sectionOf(profile: DraftProfile, space: CodeSpace): string {
  return `${documentOf(profile)} §${profile.codeSection(space)}`;
}

export function documentOf(profile: DraftProfile): string {
  return `draft-ietf-moq-transport-${profile.draft}`;
}
