import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ControlDecoder } from '../../src/core/wire/control-codec.js';
import { profileByDraft } from '../../src/core/wire/drafts/index.js';
import { decodeView, encodeView, type JsonObject } from '../../src/core/wire/view/index.js';
import { WireError } from '../../src/core/wire/wire-error.js';

interface Vector {
  readonly line: number;
  readonly kind: string;
  readonly hex: string;
  readonly decoded?: JsonObject;
  readonly rest?: number;
  readonly canonical?: string;
  readonly error?: string;
  readonly incomplete?: boolean;
}

/** Lines on which a draft's text decides otherwise, with the section that does. */
const OVERRULED: Readonly<Record<string, Readonly<Record<number, string>>>> = {};

/** Setup messages whose path or authority is no URI's: the view shows them, a session is closed (draft-18 §10.3.1.2). */
const NO_URI: Readonly<Record<string, readonly number[]>> = { 18: [313] };

function load(draft: string): Vector[] {
  const text = readFileSync(new URL(`../fixtures/vectors/draft${draft}.jsonl`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line, i) => ({ line: i + 1, ...(JSON.parse(line) as Omit<Vector, 'line'>) }))
    .filter((vector) => vector.kind === 'control' && OVERRULED[draft]?.[vector.line] === undefined);
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** Text that was not UTF-8 is shown with U+FFFD, so the view of such a message does not lead back to its bytes. */
function isLossy(decoded: JsonObject): boolean {
  return JSON.stringify(decoded).includes('\ufffd');
}

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(['14', '16', '18'])('independent control vectors of draft %s', (draft) => {
  const profile = profileByDraft(draft);
  if (profile === undefined) throw new Error(`no profile for draft ${draft}`);
  const vectors = load(draft);
  const valid = vectors.filter((vector) => vector.decoded !== undefined);
  const damaged = vectors.filter((vector) => vector.error !== undefined);

  it('are there', () => {
    expect(valid.length).toBeGreaterThan(250);
    expect(damaged.length).toBeGreaterThan(50);
    expect(valid.length + damaged.length).toBe(vectors.length);
  });

  it.each(valid)('line $line: decodes', ({ hex, decoded, rest, canonical }) => {
    const view = decodeView(profile, 'control', fromHex(hex));
    expect(view.decoded).toEqual(decoded);
    expect(Object.keys(view.decoded)).toEqual(Object.keys(decoded ?? {}));
    expect(view.rest).toBe(rest ?? 0);
    expect(Buffer.from(view.canonical).toString('hex')).toBe(canonical);
  });

  it.each(valid.filter((vector) => !isLossy(vector.decoded ?? {})))('line $line: encodes', ({ decoded, canonical }) => {
    expect(Buffer.from(encodeView(profile, 'control', decoded ?? {})).toString('hex')).toBe(canonical);
  });

  it.each(damaged)('line $line: $error', ({ hex, incomplete }) => {
    const error = caught(() => decodeView(profile, 'control', fromHex(hex)));
    expect(error).toBeInstanceOf(WireError);
    expect((error as WireError).incomplete).toBe(incomplete);
  });

  it('are read alike by the incremental decoder, whatever the cuts', () => {
    for (const { hex, line, rest } of valid) {
      const bytes = fromHex(hex);
      const end = bytes.length - (rest ?? 0);
      if (NO_URI[draft]?.includes(line)) {
        const decoder = new ControlDecoder(profile);
        decoder.push(bytes);
        expect(caught(() => decoder.next())).toMatchObject({ closeWith: expect.stringMatching(/^MALFORMED_/) });
        continue;
      }
      const whole = new ControlDecoder(profile);
      whole.push(bytes.subarray(0, end));
      const expected = whole.next();
      expect(expected, `line ${line}`).not.toBeNull();
      expect(Buffer.compare(expected?.raw ?? new Uint8Array(), bytes.subarray(0, end))).toBe(0);
      expect(whole.pendingBytes).toBe(0);
      const bytewise = new ControlDecoder(profile);
      for (let i = 0; i < end - 1; i++) {
        bytewise.push(bytes.subarray(i, i + 1));
        expect(bytewise.next(), `line ${line} cut at ${i + 1}`).toBeNull();
      }
      bytewise.push(bytes.subarray(end - 1, end));
      expect(bytewise.next(), `line ${line}`).toEqual(expected);
    }
  });

  it('are incomplete at every cut', () => {
    for (const { hex, line, rest } of valid) {
      const bytes = fromHex(hex);
      for (let cut = 0; cut < bytes.length - (rest ?? 0); cut++) {
        const error = caught(() => decodeView(profile, 'control', bytes.subarray(0, cut)));
        expect(error, `line ${line} cut at ${cut}`).toMatchObject({ name: 'WireError', incomplete: true });
      }
    }
  });
});
