import { CODE_SPACES, type CodeSpaceName } from '../errors/codes/code-space.js';
import type { CodeMeaning, CodeName, Explanation } from '../records/explanation.js';
import { closestName } from '../util/closest-name.js';
import { PROFILES } from '../wire/drafts/index.js';
import type { DraftProfile } from '../wire/profile.js';
import { ruledEntries, wrappedEntry } from './computed-entries.js';
import { type Entry, toHex } from './entry.js';
import { findNames, type Named, wordsOf } from './find-names.js';
import { fixedEntries } from './fixed-entries.js';
import { moqtEntries } from './moqt-entries.js';
import { rank } from './rank.js';
import { readInput } from './read-input.js';

/** What narrows the meanings. */
export interface ExplainFilter {
  /** The drafts, newest first; all that are supported unless given. */
  readonly profiles?: readonly DraftProfile[] | undefined;
  readonly space?: CodeSpaceName | undefined;
  /** Only error replies to this request, such as SUBSCRIBE. */
  readonly message?: string | undefined;
  /** As IMPLEMENTATIONS names it: its remarks only, and its own codes first. */
  readonly implementation?: string | undefined;
}

/** How many names are offered when nothing is found. */
const NEAREST = 5;

/** All that is known of codes, under one filter. Made once, it explains any number of inputs; it needs no network. */
export class Explainer {
  readonly #profiles: readonly DraftProfile[];
  readonly #entries: readonly Entry[];

  constructor(private readonly filter: ExplainFilter = {}) {
    this.#profiles = filter.profiles ?? PROFILES;
    this.#entries = this.#narrow([...moqtEntries(this.#profiles), ...fixedEntries()]);
  }

  /** Every meaning of every code, by space and number. */
  list(): CodeMeaning[] {
    return [...this.#entries].sort(bySpaceAndNumber).map(({ meaning }) => meaning);
  }

  /** `input` is a number, a name, or a line that has one in it. */
  explain(input: string): Explanation {
    const text = withoutWrapping(input);
    const reading = readInput(text);
    const named = findNames(text, this.#entries);
    const { entries, inner, number } = this.#choose(reading.number, reading.outstanding, named);
    const meanings = rank(entries, {
      reading,
      newest: this.#profiles[0]?.draft,
      implementation: this.filter.implementation ?? null,
      unwrapped: inner !== null,
      named: new Set(named.map(({ entry }) => entry)),
      exact: new Set(named.filter(({ exact }) => exact).map(({ entry }) => entry)),
    });
    return {
      input,
      code: number === null ? null : number.toString(),
      hex: number === null ? null : toHex(number),
      unwrapped: inner === null ? null : { code: inner.toString(), hex: toHex(inner) },
      meanings,
      nearest: meanings.length > 0 ? [] : this.#nearest(input, number),
    };
  }

  /** Each input by itself; but words that are no codes by themselves are one line that the shell took apart. */
  explainAll(inputs: readonly string[]): Explanation[] {
    const explanations = inputs.map((input) => this.explain(input));
    const isWord = (input: string, i: number): boolean =>
      /^[^\d]*$/.test(input) && explanations[i]?.meanings.length === 0;
    return inputs.length > 1 && inputs.some(isWord) ? [this.explain(inputs.join(' '))] : explanations;
  }

  /** What the number and the names in the text stand for, together. */
  #choose(number: bigint | null, outstanding: boolean, named: readonly Named[]): Choice {
    const certain = named.filter((hit) => hit.certain).map(({ entry }) => entry);
    if (number === null) return byName(certain.length > 0 ? certain : named.map(({ entry }) => entry));
    const wrapped = wrappedEntry(number);
    const inner = wrapped?.inner ?? null;
    const byNumber = [
      ...this.#narrow(wrapped === null ? [] : [wrapped.entry]),
      ...this.#entries.filter((entry) => entry.number === (inner ?? number) && isInside(entry, inner)),
    ];
    const both = byNumber.filter((entry) => named.some((hit) => hit.entry === entry && hit.certain && hit.exact));
    // A name and its number say the same twice; a number among words that has nothing to do with the name is none of it.
    if (both.length > 0) return { entries: both, inner, number };
    if (certain.length > 0 && !outstanding) return byName(certain);
    if (byNumber.length > 0) return { entries: byNumber, inner, number };
    const ruled = this.#narrow(ruledEntries(number, this.#profiles));
    if (ruled.length > 0) return { entries: ruled, inner, number };
    return certain.length > 0 ? byName(certain) : { entries: [], inner, number };
  }

  #narrow(entries: readonly Entry[]): Entry[] {
    const { space, message, implementation } = this.filter;
    return entries
      .filter(({ meaning }) => space === undefined || meaning.space === space)
      .filter(({ meaning }) => message === undefined || isReplyTo(meaning, message))
      .filter(({ meaning }) => implementation === undefined || [null, implementation].includes(meaning.implementation))
      .map((entry) => (implementation === undefined ? entry : withRemarksOf(entry, implementation)));
  }

  #nearest(input: string, number: bigint | null): CodeName[] {
    const found = number === null ? this.#nearestNames(input) : this.#nearestNumbers(number);
    return found.slice(0, NEAREST).map(({ meaning: { space, code, hex, name } }) => ({ space, code, hex, name }));
  }

  #nearestNumbers(number: bigint): Entry[] {
    const distance = (entry: Entry): bigint => {
      const difference = (entry.number as bigint) - number;
      return difference < 0n ? -difference : difference;
    };
    return this.#entries
      .filter((entry) => isOfficial(entry))
      .sort((a, b) => (distance(a) < distance(b) ? -1 : distance(a) > distance(b) ? 1 : 0));
  }

  #nearestNames(input: string): Entry[] {
    const asked = wordsOf(input);
    const names = [...new Set(this.#entries.map(({ meaning }) => wordsOf(meaning.name)))];
    const closest = asked.length < 3 ? null : closestName(asked, names);
    const near = [
      ...(closest === null ? [] : [closest]),
      ...names.filter((name) => asked.length >= 3 && name.includes(asked)),
      ...names.filter((name) => asked.split(' ').some((word) => word.length >= 4 && name.split(' ').includes(word))),
    ];
    return [...new Set(near)].flatMap((name) => this.#entries.filter(({ meaning }) => wordsOf(meaning.name) === name));
  }
}

interface Choice {
  readonly entries: readonly Entry[];
  /** The application's code, where the number wrapped one. */
  readonly inner: bigint | null;
  readonly number: bigint | null;
}

function bySpaceAndNumber(a: Entry, b: Entry): number {
  const spaces = Object.keys(CODE_SPACES);
  const difference = spaces.indexOf(a.meaning.space) - spaces.indexOf(b.meaning.space);
  return difference !== 0 ? difference : Number((a.number ?? 0n) - (b.number ?? 0n));
}

function byName(entries: readonly Entry[]): Choice {
  const numbers = new Set(entries.map(({ number }) => number));
  const [only] = numbers;
  return { entries: [...new Set(entries)], inner: null, number: numbers.size === 1 ? (only ?? null) : null };
}

/**
 * An error line of moqt without its last part, which is advice and may name other codes; and one of Chromium without the
 * name that it puts in front of every QUIC error.
 */
function withoutWrapping(input: string): string {
  const line = input.startsWith('moqt: ') ? input.replace(/ — .*$/s, '') : input;
  return line.replace(/(?:net::)?ERR_QUIC_PROTOCOL_ERROR\.(?=\w)/, '');
}

function isOfficial({ number, meaning }: Entry): boolean {
  return number !== null && meaning.space !== 'exit' && meaning.implementation === null;
}

/** What WebTransport wraps is a code of MoQ: of a stream or of the session. */
function isInside({ meaning }: Entry, inner: bigint | null): boolean {
  return inner === null || meaning.space === 'session' || meaning.space === 'stream-reset';
}

function isReplyTo({ space, messages }: CodeMeaning, message: string): boolean {
  return space === 'request-error' && (messages.length === 0 || messages.includes(message));
}

function withRemarksOf(entry: Entry, implementation: string): Entry {
  const remarks = entry.meaning.remarks.filter((remark) => remark.implementation === implementation);
  return { ...entry, meaning: { ...entry.meaning, remarks } };
}
