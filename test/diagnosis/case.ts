import type { Lab } from './lab.js';

/** Something that a probe can be pointed at. */
export interface Situation {
  readonly url: string;
  /** For `moqt probe`, beside the URL. */
  readonly args?: readonly string[];
  /** A command to run `moqt` under, such as in a namespace of its own. */
  readonly under?: readonly string[];
}

/** What a probe must say. */
export interface Expectation {
  /** Null: the probe succeeds. */
  readonly cause: string | null;
  readonly exit: number;
  /** Longest time that the report may give, ms: what the network costs, and room for a busy machine. */
  readonly withinMs: number;
  /** What the hint must name; each a part of it, whatever the case of its letters. */
  readonly hint?: readonly string[];
  /** The same for the message. */
  readonly message?: readonly string[];
  /** Causes of warnings that must be there. */
  readonly warnings?: readonly string[];
}

/** A broken or odd relay or network. */
export interface DiagnosisCase {
  readonly name: string;
  readonly expect: Expectation;
  /** Starts real sockets, which end with the lab. Throws Unavailable where this machine cannot have them. */
  readonly start: (lab: Lab) => Promise<Situation>;
}

/** This machine lacks what a situation needs: skipped, counted and said. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
