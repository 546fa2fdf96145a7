import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskMessage } from '../../../../src/core/trace/mask.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import { encodeControlMessage } from '../../../../src/core/wire/control-codec.js';
import { profileByDraft } from '../../../../src/core/wire/drafts/index.js';
import type { ControlMessage } from '../../../../src/core/wire/messages/control-message.js';
import { decodeView } from '../../../../src/core/wire/view/index.js';

const profile = (draft: string) => profileByDraft(draft) as NonNullable<ReturnType<typeof profileByDraft>>;
const NAMES = { namespace: [utf8('ns')], name: utf8('track') };

describe('maskMessage', () => {
  it.each(['14', '16', '18'])(
    'draft %s: hides tokens of any length, and what remains decodes to the same but for them',
    (draft) => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (value) => {
          const token = { alias: 'use-value', tokenType: 0n, value } as const;
          const message: ControlMessage = {
            type: 'SUBSCRIBE',
            requestId: 2n,
            track: NAMES,
            parameters: { authorizationTokens: [token] },
          } as ControlMessage;
          const raw = encodeControlMessage(profile(draft), message);
          const before = raw.slice();
          const masked = maskMessage(profile(draft), message, raw);
          expect(raw).toEqual(before);
          expect(masked.raw?.length).toBe(raw.length);
          const shown = JSON.stringify(decodeView(profile(draft), 'control', masked.raw as Uint8Array).decoded);
          expect(shown).toContain('2a'.repeat(value.length));
          expect(shown).toContain('track');
        }),
      );
    },
  );

  it('hides tokens in the path of SETUP and in the URI of GOAWAY', () => {
    const setup: ControlMessage = { type: 'SETUP', options: { path: '/live?jwt=eyJhbGciOi.secret&x=é' } };
    const goAway: ControlMessage = {
      type: 'GOAWAY',
      newSessionUri: 'moqt://h/token/abcdef1234567890',
      timeout: 0n,
      requestId: 0n,
    } as ControlMessage;
    for (const [message, secret] of [
      [setup, 'eyJhbGciOi.secret'],
      [goAway, 'abcdef1234567890'],
    ] as const) {
      const raw = encodeControlMessage(profile('18'), message);
      const masked = maskMessage(profile('18'), message, raw).raw as Uint8Array;
      expect(masked.length).toBe(raw.length);
      expect(Buffer.from(masked).includes(secret)).toBe(false);
    }
  });

  it('gives up the bytes, but not the message, when a peer wrote it in other bytes than we would', () => {
    const message: ControlMessage = { type: 'SETUP', options: { path: '/?jwt=secretsecret' } };
    const canonical = encodeControlMessage(profile('18'), message);
    const masked = maskMessage(profile('18'), message, Uint8Array.of(...canonical, 0));
    expect(masked.raw).toBeNull();
    expect(masked.shown).not.toBeNull();
  });

  it('leaves a message without secrets as it is', () => {
    const message: ControlMessage = { type: 'SETUP', options: { path: '/live' } };
    const raw = encodeControlMessage(profile('18'), message);
    expect(maskMessage(profile('18'), message, raw).raw).toBe(raw);
  });
});
