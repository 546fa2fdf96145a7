import { isatty } from 'node:tty';

export type ColorChoice = 'auto' | 'always' | 'never';

/** Whether a stream gets colour: the flag, then NO_COLOR and FORCE_COLOR, then whether it is a terminal. */
export function wantsColor(fd: number, choice: ColorChoice, env: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true;
  return isatty(fd) && env.TERM !== 'dumb';
}

export type Paint = (style: 'red' | 'yellow' | 'green' | 'dim' | 'bold', text: string) => string;

const SGR = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 } as const;

export function painter(enabled: boolean): Paint {
  return (style, text) => (enabled ? `\u001b[${SGR[style]}m${text}\u001b[0m` : text);
}

/** Progress only where a person watches who wants it: a terminal on stderr, not in CI, not asked to be quiet or plain. */
export function wantsProgress(options: { quiet: boolean; json: boolean; env: NodeJS.ProcessEnv }): boolean {
  const { quiet, json, env } = options;
  return !quiet && !json && !env.CI && !env.NO_COLOR && isatty(2) && env.TERM !== 'dumb';
}
