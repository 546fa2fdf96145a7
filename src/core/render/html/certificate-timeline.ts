import type { CertificateFacts } from '../../records/probe-report.js';
import { type Markup, markup } from '../markup.js';
import { percent } from './scale.js';

const DAY_MS = 86_400_000;
/** The part of the bar that wants attention: the last week. */
const SOON_MS = 7 * DAY_MS;

/** How long until (positive) or since (negative) a time, for people: `12 days`, `5 hours`. */
export function daysText(ms: number): string {
  const size = Math.abs(ms);
  const [amount, unit] =
    size >= 2 * DAY_MS
      ? [Math.floor(size / DAY_MS), 'day']
      : size >= 7_200_000
        ? [Math.floor(size / 3_600_000), 'hour']
        : [Math.floor(size / 60_000), 'minute'];
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

/** `valid for 12 more days`, `expired 3 days ago`, `valid only in 2 hours`. */
export function validityText({ notBefore, notAfter }: CertificateFacts, now: number): string {
  const [from, to] = [Date.parse(notBefore), Date.parse(notAfter)];
  if (now > to) return `expired ${daysText(now - to)} ago`;
  return now < from ? `valid only in ${daysText(from - now)}` : `valid for ${daysText(to - now)} more`;
}

/** The life of the certificate as a bar with now on it, and what it is. `now` is epoch ms. */
export function certificateSection(facts: CertificateFacts, now: number): Markup {
  const [from, to] = [Date.parse(facts.notBefore), Date.parse(facts.notAfter)];
  const state = now > to || now < from ? 'no' : to - now < SOON_MS ? 'warning' : 'yes';
  const pairs: [string, Markup | string][] = [
    ['subject', facts.subject],
    ['issuer', facts.issuer],
    ['names', facts.names.join(', ') || 'none'],
    ['SHA-256', markup`<code>${facts.sha256}</code>`],
    ['chain', `${facts.chainLength} certificate${facts.chainLength === 1 ? '' : 's'}`],
    ['browsers can pin it', facts.pinnable ? 'yes' : `no: ${facts.notPinnableBecause.join('; ')}`],
  ];
  return markup`<section><h3>Certificate <small><span class="tag ${state}">${validityText(facts, now)}</span></small></h3>
${Number.isFinite(from + to) ? timeline(from, to, now) : null}
<dl class="pairs">${pairs.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`;
}

function timeline(from: number, to: number, now: number): Markup {
  const begin = Math.min(from, now);
  const end = Math.max(to, now);
  const spare = (end - begin) * 0.03 || 1;
  const total = end - begin + 2 * spare;
  const at = (time: number) => percent(time - begin + spare, total);
  const part = (name: string, start: number, stop: number) =>
    stop > start
      ? markup`<rect class="bar ${name}" x="${at(start)}" y="28" height="14" width="${percent(stop - start, total)}"/>`
      : null;
  const seen = Math.min(Math.max(now, from), to);
  const soon = Math.max(seen, to - SOON_MS);
  const late = now > to;
  const near = Number.parseFloat(at(now));
  const anchor = near > 88 ? 'end' : near < 12 ? 'start' : 'middle';
  const summary = `Valid from ${date(from)} to ${date(to)}; probed ${date(now)}`;
  return markup`<svg role="img" aria-label="${summary}" style="width:100%;height:66px;display:block;margin-bottom:10px">
<line class="grid" x1="0" x2="100%" y1="35" y2="35"/>${part(late ? 'failed' : 'past', from, seen)}${part(now < from ? 'failed' : '', seen, soon)}${part('soon', soon, to)}
<line class="mark" x1="${at(now)}" x2="${at(now)}" y1="20" y2="48"/><text class="strong" x="${at(now)}" y="14" text-anchor="${anchor}">probed ${date(now)}</text>
<text x="${at(from)}" y="61">${date(from)}</text><text x="${at(to)}" y="61" text-anchor="end">${date(to)}</text></svg>`;
}

function date(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
