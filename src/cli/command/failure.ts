import type { ExitCode } from '../../core/errors/exit-codes.js';
import { MoqtError } from '../../core/errors/moqt-error.js';
import { errorDocument, errorLine } from '../../core/render/error-line.js';
import { escapeText } from '../../core/util/escape.js';
import type { Paint } from '../io/terminal.js';

/** What stderr says of a failure: one line, for people or as a document, and with --debug the stack. */
export function failureLines(
  error: MoqtError,
  options: { peer: string | null; json: boolean; debug: boolean; paint: Paint },
): string[] {
  const { peer, json, debug, paint } = options;
  const line = json ? JSON.stringify(errorDocument(error, peer)) : errorLine(error, peer, (text) => paint('red', text));
  return debug ? [line, stackText(error)] : [line];
}

/** The same error, ending in another way. */
export function withExitCode(error: MoqtError, exitCode: ExitCode): MoqtError {
  const { code, message, stage, reason, hint, peer, wire } = error;
  return new MoqtError(code, message, { stage, exitCode, origin: error, cause: reason, hint, peer, wire });
}

export function stoppedError(signal: string): MoqtError {
  return new MoqtError('MOQT_E_INTERRUPTED', `stopped by ${signal}`, { stage: 'session', cause: 'interrupted' });
}

export function maxTimeError(origin?: unknown): MoqtError {
  return new MoqtError('MOQT_E_TIMEOUT', 'the time given by --max-time is over', {
    stage: 'session',
    cause: 'timeout.max-time',
    hint: 'raise --max-time, or look at what the command was waiting for with -v',
    origin,
  });
}

/** An error with its frames and its causes, for --debug. Messages may be a peer's words: each stays on one line. */
function stackText(error: Error): string {
  const stack = error.stack ?? '';
  const at = stack.indexOf(error.message);
  const frames = at === -1 ? '' : stack.slice(at + error.message.length);
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackText(error.cause)}` : '';
  return `${error.name}: ${escapeText(error.message)}${frames}${cause}`;
}
