import type { RoundtripFacts } from '../../records/probe-report.js';
import { type Markup, markup } from '../markup.js';
import { formatMs } from '../quantity.js';
import { percent } from './scale.js';

const PLOT = { height: 190, top: 34, bottom: 156 } as const;
const LABELS = 8;

/** What the round trip counted, and how its latencies are spread. */
export function roundtripSection(facts: RoundtripFacts): Markup {
  const bits =
    facts.goodputBps >= 1e6
      ? `${(facts.goodputBps / 1e6).toFixed(2)} Mbit/s`
      : `${(facts.goodputBps / 1e3).toFixed(1)} kbit/s`;
  const counts: [string, number][] = [
    ['lost', facts.lost],
    ['duplicated', facts.duplicated],
    ['reordered', facts.reordered],
    ['corrupt', facts.corrupted],
    ['partial', facts.partial],
  ];
  const tags = counts.map(
    ([name, count]) => markup` <span class="tag ${count > 0 ? 'no' : 'none'}">${count} ${name}</span>`,
  );
  return markup`<section><h3>Round trip <small>${facts.received} of ${facts.sent} objects of ${facts.objectBytes} bytes in ${facts.groups} groups, ${facts.rate} a second; ${bits}</small></h3>
<p class="counts">${tags}</p>${facts.latencyMs === null ? null : histogram(facts.latencyMs)}</section>`;
}

function histogram(latency: NonNullable<RoundtripFacts['latencyMs']>): Markup {
  const buckets = latency.histogram;
  const highest = Math.max(1, ...buckets.map(({ count }) => count));
  const total = buckets.length;
  const every = Math.max(1, Math.ceil(total / LABELS));
  const range = PLOT.bottom - PLOT.top;
  const bars = buckets.map(({ upTo, count }, i) => {
    const height = count === 0 ? 0 : Math.max(2, (count / highest) * range);
    const from = i === 0 ? 0 : (buckets[i - 1]?.upTo ?? 0);
    const title = `${count} objects from ${formatMs(from)} to ${formatMs(upTo)}`;
    const x = percent(i + 0.08, total);
    const label =
      (i + 1) % every === 0
        ? markup`<text x="${percent(i + 0.92, total)}" y="174" text-anchor="end">${formatMs(upTo)}</text>`
        : null;
    return markup`<rect class="bar" x="${x}" y="${Number((PLOT.bottom - height).toFixed(1))}" width="${percent(0.84, total)}" height="${Number(height.toFixed(1))}" rx="2"><title>${title}</title></rect>${label}`;
  });
  const summary = `Latencies: minimum ${formatMs(latency.min)}, median ${formatMs(latency.p50)}, 90 % below ${formatMs(latency.p90)}, 99 % below ${formatMs(latency.p99)}, maximum ${formatMs(latency.max)}`;
  const marks = (['p50', 'p90', 'p99'] as const).map((name, i) => {
    const x = percent(place(buckets, latency[name]), total);
    const y = 12 + (i % 2) * 13;
    const anchor = Number.parseFloat(x) > 85 ? 'end' : 'start';
    return markup`<line class="mark thin" x1="${x}" x2="${x}" y1="${y - 8}" y2="${PLOT.bottom}"/><text class="strong" x="${x}" y="${y}" dx="${anchor === 'end' ? -5 : 5}" text-anchor="${anchor}">${name} ${formatMs(latency[name])}</text>`;
  });
  return markup`<svg role="img" aria-label="${summary}" style="width:100%;height:${PLOT.height}px;display:block">${bars}<line class="grid" x1="0" x2="100%" y1="${PLOT.bottom}" y2="${PLOT.bottom}"/>${marks}</svg>
<dl class="pairs"><dt>minimum, mean, maximum</dt><dd>${formatMs(latency.min)}, ${formatMs(latency.mean)}, ${formatMs(latency.max)}</dd></dl>`;
}

/** Where a value stands among the buckets, in buckets. */
function place(buckets: readonly { upTo: number }[], value: number): number {
  const i = buckets.findIndex(({ upTo }) => value <= upTo);
  if (i === -1) return buckets.length;
  const from = i === 0 ? 0 : (buckets[i - 1]?.upTo ?? 0);
  const width = (buckets[i]?.upTo ?? 0) - from;
  return i + (width > 0 ? Math.max(0, (value - from) / width) : 0.5);
}
