import { MoqtError } from '../errors/moqt-error.js';

export type FormatValue = string | number | bigint | null | undefined;

/** A compiled format: `names` are the variables it uses, `render` fills them in (a missing value is empty). */
export interface Format {
  readonly names: readonly string[];
  render(values: Readonly<Record<string, FormatValue>>): string;
}

/**
 * Compiles curl's notation: `%{name}` is a variable, `%%` a percent sign, and `\n \r \t \\ \0 \xNN` escapes.
 * @throws MoqtError MOQT_E_USAGE for an unknown variable, listing those there are.
 */
export function compileFormat(text: string, known: readonly string[]): Format {
  const parts: (string | { readonly name: string })[] = [];
  let literal = '';
  for (let i = 0; i < text.length; i++) {
    const two = text.slice(i, i + 2);
    if (two === '%{') {
      const end = text.indexOf('}', i);
      if (end === -1) throw refuse(text, 'a %{ without its }', known);
      const name = text.slice(i + 2, end);
      if (!known.includes(name)) throw refuse(text, `the unknown variable %{${name}}`, known);
      parts.push(literal, { name });
      literal = '';
      i = end;
    } else if (two === '%%') {
      literal += '%';
      i++;
    } else if (text[i] === '\\') {
      const [character, length] = unescapeOne(text.slice(i));
      literal += character;
      i += length - 1;
    } else literal += text[i];
  }
  parts.push(literal);
  return {
    names: parts.flatMap((part) => (typeof part === 'string' ? [] : [part.name])),
    render: (values) =>
      parts.map((part) => (typeof part === 'string' ? part : String(values[part.name] ?? ''))).join(''),
  };
}

const SIMPLE: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', '\\': '\\' };

function unescapeOne(text: string): [string, number] {
  const simple = SIMPLE[text[1] ?? ''];
  if (simple !== undefined) return [simple, 2];
  const hex = /^\\x([0-9a-fA-F]{2})/.exec(text);
  if (hex) return [String.fromCharCode(Number.parseInt(hex[1] as string, 16)), 4];
  return ['\\', 1];
}

function refuse(text: string, what: string, known: readonly string[]): MoqtError {
  return new MoqtError('MOQT_E_USAGE', `the format ${JSON.stringify(text)} has ${what}`, {
    stage: 'config',
    cause: 'usage.format',
    hint: `variables: ${known.map((name) => `%{${name}}`).join(' ')}`,
  });
}
