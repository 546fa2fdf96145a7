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

export function errorDocument(error: MoqtError, exitCode: number): ErrorDocument {
  return {
    error: {
      code: error.code,
      stage: error.stage,
      cause: error.reason ?? null,
      message: escapeText(error.message),
      hint: error.hint ?? null,
      exitCode,
      peer: error.peer ?? null,
      ...(error.wire && {
        wire: { space: error.wire.space, code: `0x${error.wire.code.toString(16)}`, name: error.wire.name },
      }),
    },
  };
}

/** One line for people: stage, peer, what happened, the cause, and what to do. */
export function errorLine(error: MoqtError, paint: (text: string) => string): string {
  const where = error.peer ? `${error.stage} ${escapeText(error.peer)}` : error.stage;
  const cause = error.reason ? ` [${error.reason}]` : '';
  const hint = error.hint ? ` — ${escapeText(error.hint)}` : '';
  return `${paint('moqt:')} ${where}: ${escapeText(error.message)}${cause}${hint}`;
}
