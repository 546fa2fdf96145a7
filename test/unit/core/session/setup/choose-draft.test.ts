import { describe, expect, it } from 'vitest';
import { planConnection } from '../../../../../src/core/session/connect/connect-plan.js';
import { chooseDraft } from '../../../../../src/core/session/setup/choose-draft.js';

function choose(url: string, drafts: string[], protocol: string): { draft: string; warning: string | null } {
  const { profile, warning } = chooseDraft(planConnection(url, { drafts }), protocol);
  return { draft: profile.draft, warning: warning?.kind ?? null };
}

describe('chooseDraft', () => {
  it.each([
    ['moqt://h', ['18', '16', '14'], 'moqt-16', '16', null],
    ['moqt://h', ['18', '14'], 'moq-00', '14', null],
    ['https://h', ['18', '16', '14'], 'moqt-18', '18', null],
    ['https://h', ['18', '16', '14'], '', '14', 'draft-assumed'],
    ['https://h', ['14'], '', '14', null],
    ['https://h', ['16'], '', '16', 'draft-assumed'],
  ])('%s offering %j, peer says "%s": draft %s', (url, drafts, protocol, draft, warning) => {
    expect(choose(url, drafts, protocol)).toEqual({ draft, warning });
  });

  it.each([
    ['https://h', ['18', '16'], ''],
    ['https://h', ['18'], 'moqt-16'],
    ['https://h', ['14'], 'moq-00'],
    ['moqt://h', ['18'], ''],
    ['moqt://h', ['18'], 'h3'],
  ])('%s offering %j, peer says "%s": exit 7', (url, drafts, protocol) => {
    expect(() => choose(url, drafts, protocol)).toThrow(
      expect.objectContaining({ code: 'MOQT_E_VERSION', exitCode: 7, stage: 'alpn', peer: 'h:443' }),
    );
  });
});
