import { escapeText } from '../core/util/escape.js';

/** An error with its frames and its causes, for --debug. Messages may be a peer's words: each stays on one line. */
export function stackText(error: Error): string {
  const stack = error.stack ?? '';
  const at = stack.indexOf(error.message);
  const frames = at === -1 ? '' : stack.slice(at + error.message.length);
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackText(error.cause)}` : '';
  return `${error.name}: ${escapeText(error.message)}${frames}${cause}`;
}
