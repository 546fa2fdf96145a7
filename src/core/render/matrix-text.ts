import type { Detail, ProbeMatrix } from '../records/probe-report.js';
import type { StatusPaint } from './probe-text.js';
import { formatMs } from './quantity.js';

/** A matrix for people: a row a draft, a column a transport, and below it what the relay was seen to do. */
export function matrixText({ url, cells, fingerprint }: ProbeMatrix, paint: StatusPaint): string {
  const transports = [...new Set(cells.map(({ transport }) => transport))];
  const drafts = [...new Set(cells.map(({ draft }) => draft))];
  const cellText = (draft: string, transport: string): { plain: string; color: 'green' | 'red' } => {
    const cell = cells.find((one) => one.draft === draft && one.transport === transport);
    if (cell === undefined) return { plain: '', color: 'red' };
    return cell.ok
      ? { plain: `ok ${formatMs(cell.durationMs)}`, color: 'green' }
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
  for (const [name, value] of Object.entries(fingerprint)) lines.push(...factLines(name, value, 1));
  return lines.join('\n');
}

/** Objects as an indented block, everything else on one line; what is not known is left out. */
function factLines(name: string, value: Detail, depth: number): string[] {
  const indent = '  '.repeat(depth);
  if (value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) {
    const text = valueText(value);
    return text === '' ? [] : [`${indent}${name}: ${text}`];
  }
  const inner = Object.entries(value);
  if ('answer' in value && 'ms' in value) return [`${indent}${name}: ${answerText(value)}`];
  const lines = inner.flatMap(([key, one]) => factLines(key, one, depth + 1));
  return lines.length === 0 ? [] : [`${indent}${name}`, ...lines];
}

function valueText(value: Detail): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.map((one: Detail) => valueText(one)).join(', ');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([key, one]) => `${key} ${valueText(one)}`)
      .join(' ');
  }
  return String(value);
}

function answerText({ answer, code, name, reason, ms }: { readonly [name: string]: Detail }): string {
  const after = formatMs(Number(ms));
  if (answer === 'accepted') return `accepted after ${after}`;
  if (answer === 'none') return `no answer within ${after}`;
  return `${answer} with ${name} (${code})${reason ? `: ${reason}` : ''} after ${after}`;
}
