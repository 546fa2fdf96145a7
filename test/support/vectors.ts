import { readFileSync } from 'node:fs';
import type { Draft } from './rogue-peer.js';

/** A line of the independent vectors. */
export interface Vector {
  readonly line: number;
  readonly kind: 'control' | 'subgroup' | 'datagram' | 'fetch-asc' | 'fetch-desc';
  readonly bytes: Uint8Array;
  readonly decoded?: { readonly message_type?: string; readonly track_alias?: string };
}

export function loadVectors(draft: Draft): Vector[] {
  const text = readFileSync(new URL(`../fixtures/vectors/draft${draft}.jsonl`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line, i) => {
      const { kind, hex, decoded } = JSON.parse(line);
      return { line: i + 1, kind, decoded, bytes: new Uint8Array(Buffer.from(hex, 'hex')) };
    });
}

export function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ (1 << bit);
  return copy;
}
