import type { ProbeReport, StageReport } from '../../records/probe-report.js';
import { type Markup, markup } from '../markup.js';
import { formatMs } from '../quantity.js';
import { stageFacts } from '../stage-facts.js';
import { percent, ticks, tickText } from './scale.js';

/** The plot ends here, so that the last bar does not touch what stands beside it. */
const SPARE = 1.02;
const MIN_WIDTH_PX = 3;
/** How many times what came before the plot shows at most, once `data` goes beyond it. */
const CUT_FACTOR = 2;

/**
 * The stages, one below the other, each beginning where the one before it ended. `data` runs as long as it was asked to: its
 * bar is cut off where it would squeeze the others together.
 */
export function waterfall(report: ProbeReport): Markup {
  const reached = report.stages.filter(({ status }) => status !== 'skipped');
  const sum = (stages: readonly StageReport[]) => stages.reduce((total, { durationMs }) => total + durationMs, 0);
  const before = sum(reached.filter(({ name }) => name !== 'data'));
  const isCut = before > 0 && sum(reached) > before * CUT_FACTOR;
  const total = Math.max(isCut ? before * CUT_FACTOR : sum(reached), 0.001) * SPARE;
  const lines = ticks(total, 5);
  let at = 0;
  const rows = reached.map((stage) => {
    const start = at;
    at += stage.durationMs;
    return row(stage, { start, total, lines, isCut: isCut && stage.name === 'data' });
  });
  const labels = lines.map(
    (ms) =>
      markup`<text x="${percent(ms, total)}" y="14"${ms === 0 ? null : markup` text-anchor="middle"`}>${tickText(ms)}</text>`,
  );
  return markup`<section><h3>Stages <small>${formatMs(report.durationMs)} in all</small></h3>
<div class="wide"><table class="waterfall"><thead><tr><th scope="col">stage</th><th scope="col" class="plot" aria-label="time line"><svg aria-hidden="true">${labels}</svg></th><th scope="col" class="time">time</th><th scope="col" class="what">found</th></tr></thead><tbody>${rows}</tbody></table></div>
${skipped(report.stages)}</section>`;
}

interface Place {
  readonly start: number;
  readonly total: number;
  readonly lines: readonly number[];
  readonly isCut: boolean;
}

function row(stage: StageReport, { start, total, lines, isCut }: Place): Markup {
  const { name, status, durationMs } = stage;
  const word = status === 'ok' ? '' : ` (${status})`;
  const title = `${name}${word}: ${formatMs(durationMs)}, from ${formatMs(start)}`;
  // A percentage can vanish; what took no time at all still has a place.
  const length = isCut ? total - start : durationMs;
  const width = length / total < 0.006 ? String(MIN_WIDTH_PX) : percent(length, total);
  const cut = isCut
    ? ['95%', '96.4%'].map((x) => markup`<line class="cut" x1="${x}" x2="${x}" y1="3" y2="24"/>`)
    : null;
  const grid = lines.map(
    (ms) => markup`<line class="grid" x1="${percent(ms, total)}" x2="${percent(ms, total)}" y1="0" y2="27"/>`,
  );
  const mark = status === 'failed' ? markup` ✕` : status === 'warning' ? markup` !` : null;
  const found = stage.cause === undefined ? shortened(stageFacts(stage)) : markup`<code>${stage.cause}</code>`;
  return markup`<tr class="${status}"><th scope="row">${name}${mark}</th><td class="plot"><svg role="img" aria-label="${title}"><title>${title}</title>${grid}<rect class="bar ${status}" x="${percent(start, total)}" y="6" width="${width}" height="15" rx="3"/>${cut}</svg></td><td class="time">${formatMs(durationMs)}</td><td class="what">${found}</td></tr>`;
}

/** The certificate's section has the whole hash. */
function shortened(text: string): string {
  return text.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…');
}

/** Why the others have no bar, those of one reason together. */
function skipped(stages: readonly StageReport[]): Markup | null {
  const byReason = new Map<string, string[]>();
  for (const { name, status, detail } of stages) {
    if (status !== 'skipped') continue;
    const reason = typeof detail.reason === 'string' ? detail.reason : 'skipped';
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  if (byReason.size === 0) return null;
  const parts = [...byReason].map(
    ([reason, names], i) => markup`${i === 0 ? null : ' · '}${names.join(', ')} (${reason})`,
  );
  return markup`<p class="skipped">Skipped: ${parts}</p>`;
}
