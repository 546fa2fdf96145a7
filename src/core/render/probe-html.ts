import type { ProbeMatrix, ProbeReport } from '../records/probe-report.js';
import { certificateSection, validityText } from './html/certificate-timeline.js';
import { roundtripSection } from './html/latency-histogram.js';
import { matrixSection } from './html/matrix-section.js';
import { PAGE_STYLE } from './html/page-style.js';
import { waterfall } from './html/waterfall.js';
import { embedJson, Markup, type MarkupValue, markup } from './markup.js';
import type { NagiosState } from './nagios.js';
import { healthOf, thresholdText } from './probe-health.js';
import { formatMs } from './quantity.js';

export interface ProbePage {
  readonly reports: readonly ProbeReport[];
  readonly matrices?: readonly ProbeMatrix[];
  /** Epoch ms. */
  readonly madeAt: number;
  readonly version: string;
}

const WORDS: Readonly<Record<NagiosState, string>> = {
  ok: 'healthy',
  warning: 'warning',
  critical: 'failed',
  unknown: 'unknown',
};
const SIGNS: Readonly<Record<NagiosState, string>> = {
  ok: 'M13 23l7 7 12-14',
  warning: 'M22 12v13M22 31v1',
  critical: 'M15 15l14 14M29 15L15 29',
  unknown: 'M17 17a5 5 0 1 1 7 5c-2 1-2 2-2 4M22 31v1',
};
const TRANSPORTS = {
  quic: 'raw QUIC',
  webtransport: 'WebTransport over HTTP/3',
  'webtransport-h2': 'WebTransport over HTTP/2',
} as const;

/**
 * Reports as one page that needs nothing else: no script, no font, no network (its policy forbids them), readable in light
 * and dark and on paper. The documents themselves are in it too, as JSON, for whoever wants to read them by program.
 */
export function probeHtml(page: ProbePage): string {
  const { matrices = [] } = page;
  const reports = worstFirst(page.reports);
  const title = titleOf(reports, matrices);
  const document = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer"><title>${title}</title><style>${new Markup(PAGE_STYLE)}</style></head>
<body><header class="top"><h1>moqt probe</h1><p>${new Date(page.madeAt).toISOString().slice(0, 19).replace('T', ' ')} UTC</p></header>
<main>${reports.length > 1 ? summary(reports) : null}${reports.map((report, i) => article(report, i))}${matrices.map(matrixArticle)}</main>
<footer>Made by moqt ${page.version}. Times are milliseconds of one monotonic clock.</footer>
<script type="application/json" id="data">${embedJson({ reports: page.reports, matrices })}</script></body></html>
`;
  return document.text;
}

/** What needs someone stands on top; else in the order of the list. */
function worstFirst(reports: readonly ProbeReport[]): readonly ProbeReport[] {
  const order: readonly NagiosState[] = ['critical', 'unknown', 'warning', 'ok'];
  return [...reports].sort((a, b) => order.indexOf(healthOf(a)) - order.indexOf(healthOf(b)));
}

function titleOf(reports: readonly ProbeReport[], matrices: readonly ProbeMatrix[]): string {
  const only = reports[0];
  if (only === undefined) return `moqt probe: ${matrices[0]?.url ?? 'nothing'}`;
  if (reports.length === 1)
    return `${only.name ?? only.url}: ${WORDS[healthOf(only)]}${only.ok ? '' : ` (${only.cause})`}`;
  return `${reports.filter((report) => healthOf(report) === 'ok').length} of ${reports.length} relays are healthy`;
}

function summary(reports: readonly ProbeReport[]): Markup {
  const good = reports.filter((report) => healthOf(report) === 'ok').length;
  const rows = reports.map((report, i) => {
    const health = healthOf(report);
    const { certificate, rttMs } = report;
    return markup`<tr><td><span class="tag ${health}">${WORDS[health]}</span></td><th scope="row"><a href="#relay-${i + 1}">${report.name ?? report.url}</a></th><td>${report.cause === undefined ? (report.draft === null ? '' : `draft ${report.draft}`) : markup`<code>${report.cause}</code>`}</td><td class="num">${formatMs(report.durationMs)}</td><td class="num">${rttMs === null ? '–' : formatMs(rttMs)}</td><td>${certificate === null ? '–' : validityText(certificate, Date.parse(report.startedAt))}</td></tr>`;
  });
  return markup`<div class="summary"><h2>${good} of ${reports.length} relays are healthy</h2><div class="wide"><table class="rows"><thead><tr><th scope="col">state</th><th scope="col">relay</th><th scope="col">found</th><th scope="col" class="num">probe</th><th scope="col" class="num">round trip</th><th scope="col">certificate</th></tr></thead><tbody>${rows}</tbody></table></div></div>`;
}

function article(report: ProbeReport, index: number): Markup {
  const health = healthOf(report);
  const id = `relay-${index + 1}`;
  const { certificate, roundtrip } = report;
  return markup`<article class="${health}" id="${id}" aria-labelledby="${id}-verdict">
<div class="verdict"><svg class="sign" viewBox="0 0 44 44" role="img" aria-label="${WORDS[health]}"><circle cx="22" cy="22" r="20" fill="none" stroke="currentColor" stroke-width="3"/><path d="${SIGNS[health]}" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>
<h2 id="${id}-verdict">${headline(report)}</h2><p class="where">${report.name === undefined ? null : markup`${report.name} · `}<span class="code">${report.url}</span> · ${TRANSPORTS[report.transport]}</p>
${messages(report)}
${report.hint === undefined ? null : markup`<p class="try"><b>What to do</b>${report.hint}</p>`}</div>
${keyFacts(report)}${waterfall(report)}${experiments(report)}${thresholds(report)}${warnings(report)}
${roundtrip === null ? null : roundtripSection(roundtrip)}${certificate === null ? null : certificateSection(certificate, Date.parse(report.startedAt))}</article>`;
}

/** What went wrong, or what is beyond a limit. */
function messages({ message, thresholds: limits }: ProbeReport): readonly Markup[] {
  const broken = limits.filter(({ state }) => state === 'warning').map(thresholdText);
  return [...(message === undefined ? [] : [message]), ...broken].map((text) => markup`<p class="message">${text}</p>`);
}

function headline(report: ProbeReport): Markup {
  if (report.ok) return markup`Connected${report.draft === null ? null : ` on draft ${report.draft}`}`;
  const stage = report.stages.find(({ status }) => status === 'failed');
  return markup`Failed${stage === undefined ? null : ` at ${stage.name}`}: <span class="code">${report.cause ?? 'unknown'}</span>`;
}

function keyFacts(report: ProbeReport): Markup {
  const { rttMs, roundtrip, exitCode } = report;
  const facts: [string, MarkupValue][] = [
    ['exit code', exitCode],
    ['time', formatMs(report.durationMs)],
  ];
  if (report.draft !== null) facts.push(['draft', report.draft]);
  if (rttMs !== null) facts.push(['round-trip time', formatMs(rttMs)]);
  if (roundtrip?.latencyMs) facts.push(['median latency', formatMs(roundtrip.latencyMs.p50)]);
  if (report.implementation !== null) facts.push(['implementation', report.implementation]);
  return markup`<dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function experiments({ experiments: tried }: ProbeReport): Markup | null {
  if (tried.length === 0) return null;
  const rows = tried.map(
    ({ name, ok, outcome, durationMs }) =>
      markup`<tr><td><span class="tag ${ok ? 'yes' : 'no'}">${ok ? 'yes' : 'no'}</span></td><th scope="row">${name}</th><td>${outcome}</td><td class="num">${formatMs(durationMs)}</td></tr>`,
  );
  return markup`<section><h3>What was tried <small>to tell two explanations apart</small></h3><table class="rows"><thead><tr><th scope="col">worked</th><th scope="col">experiment</th><th scope="col">outcome</th><th scope="col" class="num">time</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function thresholds(report: ProbeReport): Markup | null {
  if (report.thresholds.length === 0) return null;
  const tags = { ok: 'yes', warning: 'warning', critical: 'critical', unknown: 'none' } as const;
  const rows = report.thresholds.map((facts) => {
    return markup`<li><span class="tag ${tags[facts.state]}">${facts.state}</span> ${thresholdText(facts)}</li>`;
  });
  return markup`<section><h3>Limits</h3><ul class="list">${rows}</ul></section>`;
}

function warnings(report: ProbeReport): Markup | null {
  if (report.warnings.length === 0) return null;
  const items = report.warnings.map(
    ({ cause, message, hint }) => markup`<li><span class="tag warning">${cause}</span> ${message}<p>${hint}</p></li>`,
  );
  return markup`<section><h3>Worth knowing</h3><ul class="list">${items}</ul></section>`;
}

function matrixArticle(matrix: ProbeMatrix): Markup {
  return markup`<article><div class="verdict"><h2>${matrix.url}</h2></div>${matrixSection(matrix)}</article>`;
}
