import { MoqtError } from '../errors/moqt-error.js';

/** What a template can show; taken anew for every object. */
export interface TemplateContext {
  /** The number of the object, from 1. */
  readonly count: number;
  /** Wall clock, nanoseconds since the epoch. */
  readonly nowNanos: bigint;
  /** A uniform integer from 0 to `below` − 1. */
  readonly random: (below: number) => number;
}

export type Template = (context: TemplateContext) => string;

const NANOS_PER_MS = 1_000_000n;
const NANOS_PER_SECOND = 1_000_000_000n;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 22;
/** Longest text that Random makes: a body is held in memory. */
const MAX_RANDOM = 1024 * 1024;

/** Functions without arguments, by the names that nats uses. */
const PLAIN: Readonly<Record<string, Template>> = {
  Count: ({ count }) => String(count),
  Unix: ({ nowNanos }) => String(nowNanos / NANOS_PER_SECOND),
  UnixNano: ({ nowNanos }) => String(nowNanos),
  /** RFC 3339 in UTC, with milliseconds. */
  Time: ({ nowNanos }) => new Date(Number(nowNanos / NANOS_PER_MS)).toISOString(),
  /** 131 random bits. */
  ID: ({ random }) => randomText(ID_LENGTH, random),
};

const FORMS = '{{Count}} {{Unix}} {{UnixNano}} {{Time}} {{ID}} {{Random min max}}';

/**
 * Compiles a body with placeholders: `{{Count}} {{Unix}} {{UnixNano}} {{Time}} {{ID}} {{Random min max}}`, the last one
 * text of min to max letters and digits. Throws MOQT_E_USAGE for any other placeholder and for one that is not closed.
 */
export function compileTemplate(text: string): Template {
  const parts: Template[] = [];
  let at = 0;
  for (let open = text.indexOf('{{'); open !== -1; open = text.indexOf('{{', at)) {
    const close = text.indexOf('}}', open);
    if (close === -1) throw usage('a {{ is not closed by }}');
    const before = text.slice(at, open);
    if (before !== '') parts.push(() => before);
    parts.push(compilePlaceholder(text.slice(open + 2, close).trim()));
    at = close + 2;
  }
  const rest = text.slice(at);
  if (rest !== '' || parts.length === 0) parts.push(() => rest);
  return (context) => parts.map((part) => part(context)).join('');
}

/** True when the text has a placeholder, so that it is worth compiling. */
export function hasPlaceholders(text: string): boolean {
  return text.includes('{{');
}

function compilePlaceholder(placeholder: string): Template {
  const [name = '', ...args] = placeholder.split(/\s+/);
  if (name === 'Random') return compileRandom(args, placeholder);
  const plain = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (plain === undefined || args.length > 0) throw usage(`{{${placeholder}}} is not a placeholder`);
  return plain;
}

function compileRandom(args: readonly string[], placeholder: string): Template {
  const [min, max] = args.map((arg) => (/^\d{1,7}$/.test(arg) ? Number(arg) : Number.NaN));
  if (args.length !== 2 || min === undefined || max === undefined || !(min <= max) || max > MAX_RANDOM) {
    throw usage(`{{${placeholder}}} needs a smallest and a largest length, at most ${MAX_RANDOM}`);
  }
  return ({ random }) => randomText(min + random(max - min + 1), random);
}

function randomText(length: number, random: (below: number) => number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += LETTERS[random(LETTERS.length)];
  return text;
}

function usage(message: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, {
    stage: 'config',
    cause: 'usage.template',
    hint: `known are ${FORMS}`,
  });
}
