import type { CodeMeaning, CodeName, Explanation, RankedMeaning } from '../records/explanation.js';
import { escapeText } from '../util/escape.js';
import { wrapText } from '../util/wrap-text.js';

/** How many meanings are told in full unless all are wanted. */
const FULL = 3;
const LABEL_WIDTH = 9;

export interface ExplainTextOptions {
  /** Every meaning in full. */
  readonly all: boolean;
  /** Columns that a line may have. */
  readonly width: number;
  readonly paint: (style: 'bold' | 'dim', text: string) => string;
}

/** What is known of one input, for people: the likeliest meaning first. */
export function explanationText(explanation: Explanation, options: ExplainTextOptions): string {
  const { meanings } = explanation;
  const lines = [options.paint('bold', headline(explanation))];
  const full = options.all ? meanings.length : FULL;
  meanings.slice(0, full).forEach((meaning, i) => {
    lines.push('', ...meaningLines(meaning, i + 1, options));
  });
  const rest = meanings.slice(full);
  if (rest.length > 0) {
    lines.push('', options.paint('dim', 'Less likely (-v tells all of them in full):'));
    const width = Math.max(...rest.map((meaning) => title(meaning).length));
    for (const meaning of rest) lines.push(`  ${title(meaning).padEnd(width)}  ${meaning.why}`);
  }
  if (meanings.length === 0) lines.push('  Nothing is known by that.', ...nearestLines(explanation.nearest));
  return lines.join('\n');
}

/** Meanings as a table, in the order given. */
export function meaningsTable(meanings: readonly CodeMeaning[]): string {
  const rows = meanings.map((meaning) => [
    meaning.space,
    meaning.hex ?? '',
    meaning.code ?? '',
    meaning.name,
    [qualifiers(meaning), meaning.sections[0] ?? ''].filter(Boolean).join('; '),
  ]);
  const table = [['space', 'hex', 'decimal', 'name', 'where'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] as string).length))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function headline({ input, code, hex, unwrapped }: Explanation): string {
  const asked = escapeText(input, { maxLength: 200 });
  if (code === null || hex === null) return asked;
  const number = `${hex} = ${code}`;
  const inner = unwrapped === null ? '' : `, which is ${unwrapped.code} (${unwrapped.hex}) wrapped by WebTransport`;
  return asked === hex || asked === code ? `${number}${inner}` : `${asked}: ${number}${inner}`;
}

function meaningLines(meaning: RankedMeaning, position: number, options: ExplainTextOptions): string[] {
  const { paint, width } = options;
  const indent = ' '.repeat(4);
  const row = (label: string, text: string, bullet = ''): string[] => {
    const hanging = ' '.repeat(indent.length + LABEL_WIDTH + 1);
    return wrapText(text, width - hanging.length - bullet.length).map((line, i) =>
      i === 0
        ? `${indent}${paint('dim', label.padEnd(LABEL_WIDTH))} ${bullet}${line}`
        : `${hanging}${' '.repeat(bullet.length)}${line}`,
    );
  };
  const list = (label: string, texts: readonly string[]): string[] =>
    texts.flatMap((text, i) => row(i === 0 ? label : '', text, texts.length > 1 ? '- ' : ''));
  return [
    `${String(position).padStart(2)}. ${paint('bold', title(meaning))}`,
    ...wrapText(meaning.says, width - indent.length).map((line) => `${indent}${line}`),
    ...list('usually', meaning.usually),
    ...list('try', meaning.try),
    ...list(
      'known',
      meaning.remarks.map(({ text }) => text),
    ),
    ...list('defined', meaning.sections.length > 0 ? [meaning.sections.join(', ')] : []),
    ...row('why here', meaning.why),
  ];
}

/** `request-error 0x10 DOES_NOT_EXIST (drafts 18, 16)`. */
function title(meaning: CodeMeaning): string {
  // The name of an exit code is the number itself.
  if (meaning.space === 'exit') return meaning.name;
  const number = meaning.space === 'http' ? meaning.code : meaning.hex;
  const extra = qualifiers(meaning);
  return [meaning.space, number, meaning.name, extra === '' ? null : `(${extra})`].filter(Boolean).join(' ');
}

function qualifiers({ drafts, messages, implementation }: CodeMeaning): string {
  return [
    ...(drafts.length > 0 ? [`draft${drafts.length > 1 ? 's' : ''} ${drafts.join(', ')}`] : []),
    ...(messages.length > 0 ? [messages.join(', ')] : []),
    ...(implementation === null ? [] : [`${implementation} only`]),
  ].join('; ');
}

function nearestLines(nearest: readonly CodeName[]): string[] {
  if (nearest.length === 0) return [];
  return [
    '  Nearest:',
    ...nearest.map(({ space, hex, name }) => `    ${[space, hex, name].filter(Boolean).join(' ')}`),
  ];
}
