import { CAUSE_TRIES } from './codes/texts/causes.js';
import { codeText } from './codes/texts.js';
import type { ErrorCode } from './error-codes.js';

/** What to do about a failure, by its cause: used where the error itself brings no hint, before its code is looked up. */
const BY_CAUSE: Readonly<Record<string, string>> = {
  'frame.truncated': 'is the input whole, and this its --frame? What came before was published',
  'session.idle': 'nothing came from the peer for the idle timeout: is it still there? --idle-timeout makes it longer',
};

const BY_CODE: Readonly<Partial<Record<ErrorCode, string>>> = {
  MOQT_E_UNAUTHORIZED:
    'give a token with --auth-token env:NAME or file:PATH, and check its type with --auth-token-type',
  MOQT_E_TIMEOUT: 'raise the timeout that is named, or see with -v what was waited for',
  MOQT_E_PROTOCOL: 'try another --draft, and tell the authors of the peer',
  MOQT_E_REJECTED: "the peer's reason says why",
  MOQT_E_CLOSED: 'see the log of the peer for why it ended the session',
  MOQT_E_INCOMPLETE: 'what arrived before is complete; a slow subscriber may need a paced publisher (--rate)',
  MOQT_E_USAGE: 'see --help',
};

/** What a hint depends on: the fields of a MoqtError. */
export interface HintFacts {
  readonly code: ErrorCode;
  /** The dotted cause. */
  readonly reason?: string | undefined;
  readonly wire?: { readonly space: string; readonly name: string } | undefined;
}

/** A sentence on what to do, or null when there is nothing to say. What is said of a code is what `moqt explain` says. */
export function hintFor({ code, reason, wire }: HintFacts): string | null {
  const cause = reason ?? '';
  const byWire = wire === undefined ? undefined : codeText(wire.space, wire.name)?.try[0];
  return lookUp(BY_CAUSE, cause) ?? byWire ?? lookUp(CAUSE_TRIES, cause) ?? BY_CODE[code] ?? null;
}

function lookUp(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
