import type { ProbeMatrix } from '../records/probe-report.js';
import { fitLine } from '../util/wrap-text.js';
import { type Fact, type FingerprintWords, fingerprintWords } from './fingerprint-words.js';
import type { StatusPaint } from './probe-text.js';
import { formatMs } from './quantity.js';

/** Where a line that is too long for the terminal goes on. */
const HANG = 6;

/**
 * A matrix for people: a row a draft, a column a transport, and below it what the relay was seen to do. `width`: the columns
 * of the terminal; without it nothing is broken.
 */
export function matrixText(matrix: ProbeMatrix, paint: StatusPaint, width?: number): string {
  const { url, cells } = matrix;
  const transports = [...new Set(cells.map(({ transport }) => transport))];
  const drafts = [...new Set(cells.map(({ draft }) => draft))];
  const cellText = (draft: string, transport: string): { plain: string; color: 'green' | 'red' } => {
    const cell = cells.find((one) => one.draft === draft && one.transport === transport);
    if (cell === undefined) return { plain: '', color: 'red' };
    return cell.ok
      ? { plain: ['ok', formatMs(cell.durationMs), ...(cell.warnings ?? [])].join(' '), color: 'green' }
      : { plain: cell.cause ?? 'failed', color: 'red' };
  };
  const widths = transports.map((transport) =>
    Math.max(transport.length, ...drafts.map((draft) => cellText(draft, transport).plain.length)),
  );
  const row = (first: string, columns: readonly string[]): string => `  ${[first, ...columns].join('  ')}`.trimEnd();
  const lines = [
    url,
    row(
      'draft',
      transports.map((transport, i) => transport.padEnd(widths[i] as number)),
    ),
  ];
  for (const draft of drafts) {
    const columns = transports.map((transport, i) => {
      const { plain, color } = cellText(draft, transport);
      return `${paint(color, plain)}${' '.repeat((widths[i] as number) - plain.length)}`;
    });
    lines.push(row(draft.padEnd(5), columns));
  }
  lines.push(...fingerprintLines(fingerprintWords(matrix), paint));
  return (width === undefined ? lines : lines.flatMap((line) => fitLine(line, width, HANG))).join('\n');
}

/** What is known about the relay, in words. */
function fingerprintLines(words: FingerprintWords, paint: StatusPaint): string[] {
  const { reason, identity, quirks, behaviour, answers, limits, parameters, settings } = words;
  const colors = { yes: 'green', no: 'red', unknown: 'dim', plain: null } as const;
  return [
    ...(reason === null ? [] : ['', `  how it behaves is not known: ${reason}`]),
    ...block('what it is', identity.map(pair(identity))),
    ...block(
      'what to know about it',
      quirks.flatMap(({ cause, message, hint }) => [`${paint('yellow', cause)} ${message}`, `  try: ${hint}`]),
    ),
    ...block('what it does', behaviour.map(pair(behaviour))),
    ...block(
      'how it answers (for a name that nobody has; for a track that was published)',
      answers.flatMap(({ request, unknown, published }) =>
        [unknown, published].flatMap((fact, i) =>
          fact === null || fact.value === ''
            ? []
            : [
                `${(i === 0 || unknown === null ? request : '').padEnd(19)}  ${paintFact(fact, i === 1 ? 'published: ' : '')}`,
              ],
        ),
      ),
    ),
    ...block('its limits', limits.map(pair(limits))),
    ...block('its QUIC transport parameters', parameters.map(pair(parameters))),
    ...block('its HTTP/3 SETTINGS', settings.map(pair(settings))),
  ];

  function paintFact({ value, state }: Fact, before: string): string {
    const color = colors[state];
    return `${before}${color === null ? value : paint(color, value)}`;
  }
}

function block(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `  ${title}`, ...lines.map((line) => `    ${line}`)];
}

/** `label  value`, the values below one another. */
function pair(all: readonly Fact[]): (fact: Fact) => string {
  const width = Math.max(...all.map(({ label }) => label.length));
  return ({ label, value }) => `${label.padEnd(width)}  ${value}`;
}
