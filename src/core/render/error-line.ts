import { hintFor } from '../errors/hints.js';
import type { MoqtError } from '../errors/moqt-error.js';
import { escapeText } from '../util/escape.js';

/** The document behind `--json` and `--jsonl` when a command fails; see schemas/error.json. */
export interface ErrorDocument {
  readonly error: {
    readonly code: string;
    readonly stage: string;
    readonly cause: string | null;
    readonly message: string;
    readonly hint: string | null;
    readonly exitCode: number;
    readonly peer: string | null;
    readonly wire?: { readonly space: string; readonly code: string; readonly name: string };
  };
}

/** Longest message in the line for people, in UTF-16 units: a peer's reason alone may have 1024 bytes. */
const MAX_MESSAGE = 400;

/** `peer` is who the command talked to, for errors that do not say. */
export function errorDocument(error: MoqtError, peer: string | null): ErrorDocument {
  return {
    error: {
      code: error.code,
      stage: error.stage,
      cause: error.reason ?? null,
      message: escapeText(error.message),
      hint: error.hint ?? hintFor(error),
      exitCode: error.exitCode,
      peer: error.peer ?? peer,
      ...(error.wire && {
        wire: { space: error.wire.space, code: `0x${error.wire.code.toString(16)}`, name: error.wire.name },
      }),
    },
  };
}

/** One line for people: stage, peer, what happened, the cause, and what to do. */
export function errorLine(error: MoqtError, peer: string | null, paint: (text: string) => string): string {
  const who = error.peer ?? peer;
  const where = who ? `${error.stage} ${escapeText(who)}` : error.stage;
  const code = codeNote(error);
  const cause = error.reason ? ` [${error.reason}]` : '';
  const advice = error.hint ?? hintFor(error);
  const hint = advice ? ` — ${escapeText(advice)}` : '';
  return `${paint('moqt:')} ${where}: ${escapeText(error.message, { maxLength: MAX_MESSAGE })}${code}${cause}${hint}`;
}

/** The code that arrived, as `moqt explain` takes it, where the message does not have it. */
function codeNote({ message, wire }: MoqtError): string {
  if (wire === undefined) return '';
  const code = wire.space === 'http' ? wire.code.toString() : `0x${wire.code.toString(16)}`;
  return message.includes(code) ? '' : ` (${wire.space} ${code})`;
}
