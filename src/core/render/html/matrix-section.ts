import type { MatrixCell, ProbeMatrix } from '../../records/probe-report.js';
import { type Fact, type FingerprintWords, fingerprintWords, TRANSPORT_NAMES } from '../fingerprint-words.js';
import { Markup, markup } from '../markup.js';
import { formatMs } from '../quantity.js';

/** Drafts by transports as a grid, and below it how the relay behaves. */
export function matrixSection(matrix: ProbeMatrix): Markup {
  const { cells } = matrix;
  const drafts = [...new Set(cells.map(({ draft }) => draft))];
  const transports = [...new Set(cells.map(({ transport }) => transport))];
  const good = cells.filter(({ ok }) => ok).length;
  const head = transports.map((transport) => markup`<th scope="col">${TRANSPORT_NAMES[transport]}</th>`);
  const rows = drafts.map((draft) => {
    const found = transports.map((transport) =>
      cellOf(cells.find((cell) => cell.draft === draft && cell.transport === transport)),
    );
    return markup`<tr><th scope="row">draft ${draft}</th>${found}</tr>`;
  });
  return markup`<section><h3>Drafts and transports <small>${good} of ${cells.length} work</small></h3>
<div class="wide"><table class="matrix"><thead><tr><td class="corner"></td>${head}</tr></thead><tbody>${rows}</tbody></table></div></section>
${fingerprintSections(fingerprintWords(matrix))}`;
}

function cellOf(cell: MatrixCell | undefined): Markup {
  if (cell === undefined) return markup`<td class="none">not tried</td>`;
  const time = formatMs(cell.durationMs);
  const { warnings = [] } = cell;
  if (!cell.ok) return markup`<td class="no"><b>✕ ${cell.cause ?? 'failed'}</b>${time}</td>`;
  if (warnings.length > 0) return markup`<td class="slow"><b>! ${warnings.join(', ')}</b>${time}</td>`;
  return markup`<td class="yes"><b>✓ works</b>${time}</td>`;
}

function fingerprintSections(words: FingerprintWords): Markup {
  const { reason, identity, quirks, behaviour, answers, limits, parameters, settings } = words;
  return markup`${reason === null ? null : markup`<section><h3>How it behaves</h3><p class="skipped">not known: ${reason}</p></section>`}
${section('What it is', identity.length > 0 && pairs(identity))}
${section(
  'What to know about it',
  quirks.length > 0 &&
    markup`<ul class="list">${quirks.map(({ cause, message, hint }) => markup`<li><span class="tag warning">${cause}</span> ${message}<p>${hint}</p></li>`)}</ul>`,
)}
${section(
  'What it does',
  behaviour.length > 0 &&
    markup`<ul class="does">${behaviour.map((fact) => markup`<li><span class="tag ${TAGS[fact.state]}">${fact.value.split(':', 1)}</span><span>${fact.label}${because(fact)}</span></li>`)}</ul>`,
)}
${section(
  'How it answers',
  answers.length > 0 &&
    markup`<div class="wide"><table class="rows answers"><thead><tr><th scope="col">request</th><th scope="col">for a name that nobody has</th><th scope="col">for a track that was published</th></tr></thead><tbody>${answers.map(
      ({ request, unknown, published }) =>
        markup`<tr><th scope="row" class="code">${request}</th><td>${answerText(unknown)}</td><td${published === null ? new Markup(' class="absent"') : null}>${answerText(published)}</td></tr>`,
    )}</tbody></table></div>`,
)}
${section('Its limits', limits.length > 0 && pairs(limits))}
${section(
  'What it declares',
  (parameters.length > 0 || settings.length > 0) &&
    markup`<div class="columns">${declared('QUIC transport parameters', parameters)}${declared('HTTP/3 SETTINGS', settings)}</div>`,
)}`;
}

const TAGS: Readonly<Record<Fact['state'], string>> = { yes: 'yes', no: 'none', unknown: 'none', plain: 'none' };

function section(title: string, content: Markup | false): Markup | null {
  return content === false ? null : markup`<section><h3>${title}</h3>${content}</section>`;
}

function because({ value }: Fact): Markup | null {
  const colon = value.indexOf(': ');
  return colon < 0 ? null : markup`<small>${value.slice(colon + 2)}</small>`;
}

function answerText(fact: Fact | null): Markup {
  return fact === null ? markup`–` : markup`<span class="answer ${fact.state}">${fact.value}</span>`;
}

function declared(title: string, facts: readonly Fact[]): Markup | null {
  return facts.length === 0 ? null : markup`<div><h4>${title}</h4>${pairs(facts)}</div>`;
}

function pairs(facts: readonly Fact[]): Markup {
  return markup`<dl class="pairs">${facts.map(({ label, value }) => markup`<dt>${label}</dt><dd>${value}</dd>`)}</dl>`;
}
