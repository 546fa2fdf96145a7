import type { ProbeReport, ThresholdFacts } from '../records/probe-report.js';
import { escapeText } from '../util/escape.js';
import { NAGIOS_EXIT, type NagiosReport, type NagiosState, type NagiosValue, nagiosLine } from './nagios.js';
import { healthOf, thresholdText, worstHealth } from './probe-health.js';

/** Plug-ins' output is cut somewhere; longer text helps nobody. */
const MAX_TEXT = 400;
/** Relays that the line of totals names: messages to a phone show that line alone. */
const MAX_NAMED = 5;

/** What a plug-in prints, and its exit code. */
export interface NagiosResult {
  readonly text: string;
  readonly exitCode: 0 | 1 | 2 | 3;
}

type Finding = NagiosReport['findings'][number];

/**
 * Reports as a plug-in prints them: `OK name | time=0.0042s;warn;crit`. One relay is one line; several are a line of totals
 * that names the bad ones, with the performance data of all (names are `relay::value`), then a line each.
 */
export function probeNagios(reports: readonly ProbeReport[]): NagiosResult {
  const states = reports.map(healthOf);
  const state = worstHealth(states);
  const exitCode = NAGIOS_EXIT[state];
  const lines = reports.map((report, i) => {
    const values = reports.length === 1 ? valuesOf(report) : [];
    return nagiosLine({ state: states[i] ?? 'unknown', name: nameOf(report), findings: findingsOf(report), values });
  });
  if (reports.length === 1) return { text: lines.join('\n'), exitCode };
  const good = states.filter((one) => one === 'ok').length;
  const values = reports.flatMap((report) =>
    valuesOf(report).map((value) => ({ ...value, name: `${nameOf(report)}::${value.name}` })),
  );
  const name = `${good} of ${reports.length} relays are healthy`;
  const total = nagiosLine({ state, name, findings: namedIn(reports, states), values });
  return { text: [total, ...lines].join('\n'), exitCode };
}

/** The relays that are not well, the worst first, and why. */
function namedIn(reports: readonly ProbeReport[], states: readonly NagiosState[]): Finding[] {
  const order: readonly NagiosState[] = ['critical', 'unknown', 'warning'];
  const bad = order.flatMap((state) =>
    reports
      .filter((_, i) => states[i] === state)
      .map((report) => ({ state, text: [nameOf(report), report.cause].filter(Boolean).join(' ') })),
  );
  const more = bad.length - MAX_NAMED;
  return [
    ...bad.slice(0, MAX_NAMED),
    ...(more > 0 ? [{ state: bad[MAX_NAMED]?.state ?? 'warning', text: `and ${more} more` }] : []),
  ];
}

function nameOf({ name, url }: ProbeReport): string {
  return escapeText(name ?? url, { maxLength: MAX_TEXT });
}

function findingsOf(report: ProbeReport): Finding[] {
  const findings: Finding[] = [];
  if (!report.ok && !report.cause?.startsWith('threshold.')) {
    const { cause, message = '', hint } = report;
    const state = healthOf(report);
    const text = `${cause}: ${escapeText(message, { maxLength: MAX_TEXT })}`;
    const advice = hint === undefined ? '' : `; try: ${escapeText(hint, { maxLength: MAX_TEXT })}`;
    findings.push({ state, text: `${text}${advice}` });
  }
  for (const facts of report.thresholds) {
    if (facts.state === 'ok' || (facts.state === 'unknown' && !report.ok)) continue;
    findings.push({ state: facts.state === 'critical' ? 'critical' : 'warning', text: thresholdText(facts) });
  }
  if (report.ok) findings.push({ state: 'ok', text: `draft ${report.draft ?? 'unknown'} over ${report.transport}` });
  return findings;
}

function valuesOf(report: ProbeReport): NagiosValue[] {
  const values: NagiosValue[] = [{ name: 'time', value: report.durationMs / 1000 }];
  const isLimited = (name: string) => report.thresholds.some((facts) => facts.name === name);
  if (report.rttMs !== null && !isLimited('rtt')) values.push({ name: 'rtt', value: report.rttMs / 1000 });
  return [...values, ...report.thresholds.map(limited)];
}

function limited({ name, value, warning, critical }: ThresholdFacts): NagiosValue {
  const factor = name === 'loss' ? 100 : name === 'cert-expiry' ? 1 : 0.001;
  return {
    name: name.replaceAll('-', '_'),
    value: value === null ? null : value * factor,
    unit: name === 'loss' ? '%' : 's',
    ...(warning !== null && { warning: warning * factor }),
    ...(critical !== null && { critical: critical * factor }),
  };
}
