import { MoqtError } from '../../core/errors/moqt-error.js';
import { closestName } from '../../core/util/closest-name.js';

/** What oclif's parser throws for a command line that it cannot accept. */
interface ParserError extends Error {
  readonly args?: readonly unknown[];
  readonly flags?: readonly string[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, unknown>> } };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
const COLOUR = /\u001b\[[0-9;]*m/g;

/** oclif's parser errors in one line that names what is wrong: its own put that behind a headline. */
export function usageError(error: ParserError): MoqtError {
  const { message, hint } = explain(error);
  return new MoqtError('MOQT_E_USAGE', message, {
    stage: 'config',
    cause: 'usage.arguments',
    hint: hint ?? 'see --help',
    origin: error,
  });
}

/** The message of our own error, without what oclif writes around the one that a flag's parser threw. */
export function unwrapParsing(error: MoqtError): MoqtError {
  const match = /^Parsing --\S+ \n\t([\s\S]*)\nSee more help with --help$/.exec(error.message);
  if (match) error.message = match[1] as string;
  return error;
}

function explain(error: ParserError): { message: string; hint?: string } {
  const [first, ...rest] = error.message
    .replaceAll(COLOUR, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('See more help'));
  switch (error.constructor.name) {
    case 'RequiredArgsError': {
      const names = (error.args ?? []).map((arg) => String((arg as { name: unknown }).name).toUpperCase());
      return { message: `missing argument${names.length === 1 ? '' : 's'}: ${names.join(' ')}` };
    }
    case 'UnexpectedArgsError':
      return { message: `unexpected argument: ${(error.args ?? []).join(' ')}` };
    case 'NonExistentFlagsError': {
      const unknown = error.flags ?? [];
      const known = Object.keys(error.parse?.input?.flags ?? {}).map((name) => `--${name}`);
      const similar = unknown[0]?.startsWith('--') ? closestName(unknown[0].replace(/=.*$/s, ''), known) : null;
      const message = `there is no flag ${unknown.join(', ')}`;
      return similar === null ? { message } : { message, hint: `did you mean ${similar}?` };
    }
    case 'FailedFlagValidationError':
    case 'ViolatedFlagConstraintError':
      return { message: rest.join('; ').replaceAll(/=true\b/g, '') };
    default: {
      // A word behind a command that takes none is looked for as a command of its own.
      const topic = /^command \S*?:(\S+) not found$/.exec(first ?? '');
      return { message: topic ? `unexpected argument: ${topic[1]}` : (first ?? error.name) };
    }
  }
}
