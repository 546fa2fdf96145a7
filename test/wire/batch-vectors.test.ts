import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeLine, encodeLine, LineBatch } from '../../src/core/wire/view/batch.js';

interface Vector {
  readonly kind: string;
  readonly hex: string;
  readonly decoded?: unknown;
  readonly rest?: number;
  readonly canonical?: string;
  readonly incomplete?: boolean;
}

type Answer = Record<string, unknown> & { ok: boolean };

function load(draft: number): Vector[] {
  const text = readFileSync(new URL(`../fixtures/vectors/draft${draft}.jsonl`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector);
}

function answers(answerLine: (line: string) => string, requests: readonly object[]): Answer[] {
  const batch = new LineBatch(answerLine);
  const input = Buffer.from(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
  let output = '';
  for (let i = 0; i < input.length; i += 4096) output += batch.push(input.subarray(i, i + 4096));
  return (output + batch.end())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

describe.each([14, 16, 18])('a batch of all vectors of draft %i', (draft) => {
  const vectors = load(draft);
  const decoded = answers(
    decodeLine,
    vectors.map(({ kind, hex }) => ({ draft, kind, hex })),
  );

  it('gives one answer a line, in order, for every kind', () => {
    expect(decoded).toHaveLength(vectors.length);
    expect(new Set(vectors.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(4);
    vectors.forEach(({ kind, hex }, i) => {
      expect(JSON.stringify(decoded[i]), `line ${i + 1}`).toBe(decodeLine(JSON.stringify({ draft, kind, hex })));
    });
  });

  it('reads control messages as the independent codec does', () => {
    const control = vectors.map((vector, i) => ({ vector, i })).filter(({ vector }) => vector.kind === 'control');
    for (const { vector, i } of control) {
      const expected =
        vector.decoded === undefined
          ? { ok: false, error: { incomplete: vector.incomplete } }
          : { ok: true, decoded: vector.decoded, rest: vector.rest ?? 0, canonical: vector.canonical };
      expect(decoded[i], `line ${i + 1}`).toMatchObject(expected);
    }
    expect(control.length).toBeGreaterThan(300);
  });

  it('encodes what it decoded to bytes that decode the same', () => {
    // Text that is not UTF-8 is shown with U+FFFD and does not lead back to its bytes.
    const valid = decoded
      .map((answer, i) => ({ answer, kind: vectors[i]?.kind }))
      .filter(({ answer }) => answer.ok && !JSON.stringify(answer).includes('\ufffd'));
    expect(valid.length).toBeGreaterThan(400);
    const encoded = answers(
      encodeLine,
      valid.map(({ answer, kind }) => ({ draft, kind, decoded: answer.decoded })),
    );
    expect(encoded.filter((answer) => !answer.ok)).toEqual([]);
    const again = answers(
      decodeLine,
      valid.map(({ kind }, i) => ({ draft, kind, hex: encoded[i]?.hex })),
    );
    expect(again.map((answer) => answer.decoded)).toEqual(valid.map(({ answer }) => answer.decoded));
  });
});
