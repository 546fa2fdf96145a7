import type { Entry } from './entry.js';
import { PHRASES } from './phrases.js';

/** An entry that the words name. */
export interface Named {
  readonly entry: Entry;
  /** Beyond doubt: written as a name is, or in several words; a single word of prose is not. */
  readonly certain: boolean;
  /** Letter for letter, upper and lower case included. */
  readonly exact: boolean;
}

/** Longest name in words. */
const MAX_WORDS = 8;

interface Word {
  readonly word: string;
  /** The token that it stands in looks like an identifier. */
  readonly identifier: boolean;
  /** One of the humps of a longer word, such as Transport in WebTransportError: no name by itself. */
  readonly isHump: boolean;
}

/** The entries whose names, or other people's words for them, stand in the text; the longest matches win. */
export function findNames(text: string, entries: readonly Entry[]): Named[] {
  const index = new Map<string, Entry[]>();
  const add = (words: string, entry: Entry): void => {
    const known = index.get(words);
    if (known === undefined) index.set(words, [entry]);
    else if (!known.includes(entry)) known.push(entry);
  };
  for (const entry of entries) add(wordsOf(entry.meaning.name), entry);
  for (const [phrase, targets] of PHRASES) {
    for (const [space, name] of targets) {
      const hit = entries.find(({ meaning }) => meaning.space === space && meaning.name === name);
      if (hit) add(phrase, hit);
    }
  }
  const words = split(text);
  const taken = new Set<number>();
  const named: Named[] = [];
  for (let length = Math.min(MAX_WORDS, words.length); length >= 1; length--) {
    for (let from = 0; from + length <= words.length; from++) {
      const run = words.slice(from, from + length);
      if (length === 1 && run[0]?.isHump) continue;
      const hits = index.get(run.map(({ word }) => word).join(' '));
      if (hits === undefined || run.some((_, i) => taken.has(from + i))) continue;
      for (let i = 0; i < length; i++) taken.add(from + i);
      const certain = length > 1 || length === words.length || run.some(({ identifier }) => identifier);
      for (const entry of hits) named.push({ entry, certain, exact: text.includes(entry.meaning.name) });
    }
  }
  return named;
}

/** `H3_NO_ERROR`, `udp.refused` and `NoApplicationProtocol` as words in lower case. */
export function wordsOf(name: string): string {
  return split(name)
    .map(({ word }) => word)
    .join(' ');
}

function split(text: string): Word[] {
  return [...text.matchAll(/[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*/g)].flatMap(([token]) => {
    const humps = /^\d/.test(token) ? token : token.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2');
    const words = humps.toLowerCase().split(/[\s._-]+/);
    const identifier = words.length > 1 || /^[A-Z][A-Z0-9]{2,}$/.test(token);
    const isHump = words.length > 1 && /^[A-Za-z0-9]+$/.test(token);
    return words.map((word) => ({ word, identifier, isHump }));
  });
}
