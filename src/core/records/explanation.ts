import type { CodeSpaceName } from '../errors/codes/code-space.js';

/** One meaning of one code. */
export interface CodeMeaning {
  readonly space: CodeSpaceName;
  /** Decimal; null for what has a name only, such as a cause. */
  readonly code: string | null;
  readonly hex: string | null;
  readonly name: string;
  /** The drafts of MoQ in which it means this, newest first; empty where drafts do not matter. */
  readonly drafts: readonly string[];
  /** The requests whose error replies have it, where not all do. */
  readonly messages: readonly string[];
  /** Whose own code it is, where no specification defines it; else null. */
  readonly implementation: string | null;
  /** Where it is defined: `draft-ietf-moq-transport-18 §10.6`, `RFC 9000 §20.1`. */
  readonly sections: readonly string[];
  readonly says: string;
  /** What usually brings it about, the likeliest first. */
  readonly usually: readonly string[];
  readonly try: readonly string[];
  /** What implementations do with it. */
  readonly remarks: readonly { readonly implementation: string; readonly text: string }[];
}

/** A meaning among others, with the reason for its place. */
export interface RankedMeaning extends CodeMeaning {
  readonly why: string;
}

/** A code by its name and number, for what was perhaps meant. */
export type CodeName = Pick<CodeMeaning, 'space' | 'code' | 'hex' | 'name'>;

/** What is known about one thing that was asked for. */
export interface Explanation {
  /** As it was given. */
  readonly input: string;
  /** The number that was found in it; null when it is known by name. */
  readonly code: string | null;
  readonly hex: string | null;
  /** The application's code, where the number is one that WebTransport wrapped. */
  readonly unwrapped: { readonly code: string; readonly hex: string } | null;
  /** The likeliest first; empty when nothing is known. */
  readonly meanings: readonly RankedMeaning[];
  /** What comes nearest, when nothing is known. */
  readonly nearest: readonly CodeName[];
}
