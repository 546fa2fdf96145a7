/** What people are told of a code. The texts are keyed by the code's name: a draft is only a mapping of numbers to names. */
export interface CodeText {
  /** What the specification means by it, in our words. */
  readonly says: string;
  /** What usually brings it about, the likeliest first. */
  readonly usually: readonly string[];
  /** What to try; the first is also the hint of an error line. */
  readonly try: readonly string[];
  /** Why it is met more often than its neighbours, where it is. */
  readonly common?: string;
  /** The section that defines it, where that is not the one of its registry. */
  readonly section?: string;
}

/** The texts of one registry. */
export type CodeTexts = Readonly<Record<string, CodeText>>;
