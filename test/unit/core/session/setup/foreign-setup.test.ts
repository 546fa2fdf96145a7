import { describe, expect, it } from 'vitest';
import { foreignSetup } from '../../../../../src/core/session/setup/foreign-setup.js';
import { encodeControlMessage } from '../../../../../src/core/wire/control-codec.js';
import { profileByDraft } from '../../../../../src/core/wire/drafts/index.js';
import type { DraftProfile } from '../../../../../src/core/wire/profile.js';

const draft16 = profileByDraft('16') as DraftProfile;
const draft18 = profileByDraft('18') as DraftProfile;
const ascii = (text: string) => new TextEncoder().encode(text);

describe('foreignSetup', () => {
  it('knows our own SETUP again where both sides send the same message', () => {
    const ours = encodeControlMessage(draft18, { type: 'SETUP', options: { path: '/live', authority: 'relay:443' } });
    expect(foreignSetup(ours, draft18)).toMatchObject({
      what: "a client's SETUP, as we sent it",
      hint: expect.stringContaining('sends back what it gets'),
    });
  });

  it('sends who finds HTTP there to host and port', () => {
    for (const profile of [draft16, draft18]) {
      const found = foreignSetup(ascii('HTTP/1.1 400 Bad Request\r\n\r\n'), profile);
      expect(found).toMatchObject({ isKnown: true, hint: expect.stringContaining('HTTP server') });
    }
  });

  it('does not take a broken SETUP of the draft for another protocol', () => {
    const broken: [DraftProfile, number[]][] = [
      [draft18, [0xaf, 0x00, 0x00, 0x03, 0x07, 0xff, 0x41]],
      [draft18, [0xaf, 0x00, 0x00]],
      [draft16, [0x21, 0x00, 0x03, 0x05]],
    ];
    for (const [profile, bytes] of broken) {
      const found = foreignSetup(new Uint8Array(bytes), profile);
      expect(found.what).toContain(`unfinished SETUP of draft ${profile.draft}`);
      expect(found.hint).toContain('breaks its rules');
    }
  });

  it('names another draft before it calls a SETUP broken', () => {
    const fourteen = Uint8Array.from([0x21, 0x00, 0x0c, 0xc0, 0, 0, 0, 0xff, 0, 0, 0x0e, 1, 2, 0x41, 0]);
    expect(foreignSetup(fourteen, draft16).what).toBe('a SETUP of draft 14');
  });
});
