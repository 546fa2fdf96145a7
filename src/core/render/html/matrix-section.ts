import type { Detail, MatrixCell, ProbeMatrix } from '../../records/probe-report.js';
import { type Markup, markup } from '../markup.js';
import { formatMs } from '../quantity.js';

const TRANSPORTS = {
  quic: 'raw QUIC',
  webtransport: 'WebTransport, HTTP/3',
  'webtransport-h2': 'WebTransport, HTTP/2',
} as const;

/** Drafts by transports as a grid, and the fingerprint below. */
export function matrixSection({ cells, fingerprint }: ProbeMatrix): Markup {
  const drafts = [...new Set(cells.map(({ draft }) => draft))];
  const transports = [...new Set(cells.map(({ transport }) => transport))];
  const good = cells.filter(({ ok }) => ok).length;
  const head = transports.map((transport) => markup`<th scope="col">${TRANSPORTS[transport]}</th>`);
  const rows = drafts.map((draft) => {
    const found = transports.map((transport) =>
      cellOf(cells.find((cell) => cell.draft === draft && cell.transport === transport)),
    );
    return markup`<tr><th scope="row">draft ${draft}</th>${found}</tr>`;
  });
  const facts = Object.entries(fingerprint);
  return markup`<section><h3>Drafts and transports <small>${good} of ${cells.length} work</small></h3>
<div class="wide"><table class="matrix"><thead><tr><td class="corner"></td>${head}</tr></thead><tbody>${rows}</tbody></table></div></section>
${facts.length === 0 ? null : markup`<section><h3>Fingerprint <small>how the relay behaves</small></h3>${pairs(facts)}</section>`}`;
}

function cellOf(cell: MatrixCell | undefined): Markup {
  if (cell === undefined) return markup`<td class="none">not tried</td>`;
  const time = formatMs(cell.durationMs);
  if (cell.ok) return markup`<td class="yes"><b>✓ works</b>${time}</td>`;
  return markup`<td class="no"><b>✕ ${cell.cause ?? 'failed'}</b>${time}</td>`;
}

/** Facts of any shape as a list of terms. */
export function pairs(facts: readonly (readonly [string, Detail])[]): Markup {
  return markup`<dl class="pairs">${facts.map(([name, value]) => markup`<dt>${name}</dt><dd>${detail(value)}</dd>`)}</dl>`;
}

function detail(value: Detail): Markup | string {
  if (value === null) return 'unknown';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) {
    const items = value as readonly Detail[];
    if (items.length === 0) return 'none';
    return markup`${items.map((one, i) => markup`${i === 0 ? null : ', '}${detail(one)}`)}`;
  }
  const entries = Object.entries(value as { readonly [name: string]: Detail });
  return entries.length === 0 ? 'none' : pairs(entries);
}
