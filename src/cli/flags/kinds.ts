import { Flags, type Interfaces } from '@oclif/core';
import { MoqtError } from '../../core/errors/moqt-error.js';
import { formatDuration, parseDuration } from '../../core/util/duration.js';
import { formatSize, parseSize } from '../../core/util/size.js';

/** A usage error that names the flag and the accepted form. */
export function badFlag(flag: string, value: string, expected: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', `--${flag} does not accept ${JSON.stringify(value)}`, {
    stage: 'config',
    cause: 'usage.flag',
    hint: `expected ${expected}`,
  });
}

const DURATION = '<duration>';
const SIZE = '<size>';
const MAX_LONG_DAYS = 3650;

/** Durations such as `250ms`, `5s`, `2m`; the flag's value is in milliseconds. `0` is none. */
export const durationFlag = Flags.custom<number>({
  helpValue: DURATION,
  parse: async (input, _context, options) => rethrow(options.name, input, () => parseDuration(input)),
});

/** As durationFlag, for spans that no timer waits for: up to ten years. */
export const longDurationFlag = Flags.custom<number>({
  helpValue: DURATION,
  parse: async (input, _context, options) => rethrow(options.name, input, () => parseDuration(input, MAX_LONG_DAYS)),
});

/** Sizes such as `16KiB` or `4M`; the flag's value is in bytes. */
export const sizeFlag = Flags.custom<number>({
  helpValue: SIZE,
  parse: async (input, _context, options) => rethrow(options.name, input, () => parseSize(input)),
});

/** A share such as `1%`, `0.5%` or `0.01`; the flag's value is between 0 and 1. */
export const percentFlag = Flags.custom<number>({
  helpValue: '<percent>',
  parse: async (input, _context, options) => {
    const match = /^(\d{1,3}(?:\.\d{1,6})?)(%?)$/.exec(input);
    const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
    if (!(value <= 1)) throw badFlag(options.name, input, 'a share such as 1%, 0.5% or 0.005');
    return value;
  },
});

/** A whole number within bounds. */
export const countFlag = Flags.custom<number, { min?: number; max?: number }>({
  helpValue: '<n>',
  parse: async (input, _context, options) => {
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
    const value = /^\d{1,16}$/.test(input) ? Number(input) : Number.NaN;
    if (!(value >= min && value <= max)) {
      const upper = max === Number.MAX_SAFE_INTEGER ? 'up' : `to ${max}`;
      throw badFlag(options.name, input, `a whole number from ${min} ${upper}`);
    }
    return value;
  },
});

/** A parsed value as its flag takes it again: `5s`, `16KiB`; anything else as it is, and a boolean that is not set false. */
export function flagText(definition: Interfaces.FlagInput[string] | undefined, value: unknown): unknown {
  if (definition?.type === 'boolean') return value ?? false;
  if (typeof value !== 'number') return value;
  if (definition?.helpValue === DURATION) return formatDuration(value);
  return definition?.helpValue === SIZE ? formatSize(value) : value;
}

interface ChoiceProps {
  readonly description: string;
  readonly helpGroup?: string;
}

function choice(words: readonly string[]) {
  return Flags.custom<string>({
    helpValue: words.join('|'),
    parse: async (input, _context, options) => {
      if (!words.includes(input)) throw badFlag(options.name, input, `one of ${words.join(', ')}`);
      return input;
    },
  });
}

/** One of a fixed set of words, with a default; the error lists them. */
export function choiceFlag<const T extends string>(words: readonly T[], props: ChoiceProps & { readonly default: T }) {
  // oclif's types cannot carry the union of words through its factory; `choice` lets nothing else pass.
  return choice(words)({ ...props, defaultHelp: async () => props.default }) as Interfaces.OptionFlag<T>;
}

/** Some of a fixed set of words, separated by commas or given again and again. */
export function choicesFlag<const T extends string>(
  words: readonly T[],
  props: ChoiceProps & { readonly all: string },
) {
  return choice(words)({
    ...props,
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    defaultHelp: async () => props.all,
  }) as unknown as Interfaces.OptionFlag<T[] | undefined>;
}

/** One of a fixed set of words, or nothing. */
export function optionalChoiceFlag<const T extends string>(words: readonly T[], props: ChoiceProps) {
  return choice(words)({ ...props }) as Interfaces.OptionFlag<T | undefined>;
}

function rethrow<T>(flag: string, input: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof MoqtError) throw badFlag(flag, input, error.hint ?? error.message);
    throw error;
  }
}
