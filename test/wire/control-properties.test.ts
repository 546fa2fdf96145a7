import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControlDecoder, encodeControlMessage } from '../../src/core/wire/control-codec.js';
import { PROFILES } from '../../src/core/wire/drafts/index.js';
import type { ControlMessage } from '../../src/core/wire/messages/control-message.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { decodeView, encodeView } from '../../src/core/wire/view/index.js';
import { WireError } from '../../src/core/wire/wire-error.js';
import { ByteWriter } from '../../src/core/wire/writer.js';
import { controlMessage } from '../support/control-messages.js';

function decode(profile: DraftProfile, bytes: Uint8Array): ControlMessage | null {
  const decoder = new ControlDecoder(profile);
  decoder.push(bytes);
  return decoder.next()?.message ?? null;
}

/** What became of bytes that nobody vouches for: a message, a need for more, or a violation; anything else is thrown. */
function judge(profile: DraftProfile, bytes: Uint8Array): 'message' | 'incomplete' | 'violation' {
  let outcome: 'message' | 'incomplete' | 'violation';
  try {
    outcome = decode(profile, bytes) === null ? 'incomplete' : 'message';
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    expect(error.incomplete).toBe(false);
    outcome = 'violation';
  }
  try {
    const { canonical, decoded } = decodeView(profile, 'control', bytes);
    // What the view accepts has one shortest form, which reads the same.
    expect(decodeView(profile, 'control', canonical)).toEqual({ decoded, rest: 0, canonical });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    expect(error.incomplete).toBe(outcome === 'incomplete');
  }
  return outcome;
}

describe.each(PROFILES.map((profile) => [profile.draft, profile] as const))('draft %s', (_draft, profile) => {
  describe.each([...profile.control.layouts()].map((layout) => [layout.view, layout] as const))(
    '%s',
    (_view, layout) => {
      const messages = controlMessage(profile, layout);

      it('reads back what it wrote', () => {
        fc.assert(
          fc.property(messages, (message) => {
            expect(decode(profile, encodeControlMessage(profile, message))).toEqual(message);
          }),
        );
      });

      it('is shown by the view, and made again from what is shown', () => {
        fc.assert(
          fc.property(messages, (message) => {
            const bytes = encodeControlMessage(profile, message);
            const view = decodeView(profile, 'control', bytes);
            expect(view.rest).toBe(0);
            expect(Buffer.compare(view.canonical, bytes)).toBe(0);
            const json = JSON.parse(JSON.stringify(view.decoded));
            if (JSON.stringify(json).includes('\ufffd')) return;
            expect(Buffer.compare(encodeView(profile, 'control', json), bytes)).toBe(0);
          }),
        );
      });

      it('is incomplete at every cut', () => {
        fc.assert(
          fc.property(messages, (message) => {
            const bytes = encodeControlMessage(profile, message);
            for (let cut = 0; cut < bytes.length; cut++) expect(decode(profile, bytes.subarray(0, cut))).toBeNull();
          }),
          { numRuns: 10 },
        );
      });

      it('survives flipped bits', () => {
        fc.assert(
          fc.property(messages, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (message, flips) => {
            const bytes = encodeControlMessage(profile, message).slice();
            for (const flip of flips) {
              const at = Math.floor(flip / 8) % bytes.length;
              bytes[at] = (bytes[at] as number) ^ (1 << (flip % 8));
            }
            judge(profile, bytes);
          }),
          { numRuns: 200 },
        );
      });

      it('survives a body of garbage', () => {
        fc.assert(
          fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
            const writer = new ByteWriter(profile.varint);
            writer.varint(layout.id);
            writer.uint16(body.length);
            writer.bytes(body);
            expect(judge(profile, writer.finish())).not.toBe('incomplete');
          }),
          { numRuns: 300 },
        );
      });
    },
  );

  it('reads a run of messages in order, however the stream is cut', () => {
    const any = fc.oneof(...[...profile.control.layouts()].map((layout) => controlMessage(profile, layout)));
    const runs = fc.array(any, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(runs, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (sent, sizes) => {
        const stream = Buffer.concat(sent.map((message) => encodeControlMessage(profile, message)));
        const decoder = new ControlDecoder(profile);
        const received: ControlMessage[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] as number;
          decoder.push(stream.subarray(at, at + size));
          at += size;
          for (let next = decoder.next(); next !== null; next = decoder.next()) received.push(next.message);
        }
        expect(received).toEqual(sent);
        expect(decoder.pendingBytes).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
