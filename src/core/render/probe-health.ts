import { EXIT } from '../errors/exit-codes.js';
import type { ProbeReport, ThresholdFacts } from '../records/probe-report.js';
import type { NagiosState } from './nagios.js';
import { formatMs } from './quantity.js';

/** From the best to the worst: an unknown one says nothing of its relay, so that a critical one outweighs it. */
const ORDER: readonly NagiosState[] = ['ok', 'warning', 'unknown', 'critical'];

/** The faults of our side: the probe says nothing about the relay. */
const OURS: ReadonlySet<number> = new Set([EXIT.usage, EXIT.localIo, EXIT.bug]);

/**
 * A report as a health check: a failed stage or a critical value is critical, a value in the range of a warning (or one
 * with a limit that could not be measured) a warning. Other warnings of a probe change nothing.
 */
export function healthOf(report: ProbeReport): NagiosState {
  if (!report.ok) return OURS.has(report.exitCode) ? 'unknown' : 'critical';
  const states = new Set(report.thresholds.map(({ state }) => state));
  if (states.has('critical')) return 'critical';
  return states.has('warning') || states.has('unknown') ? 'warning' : 'ok';
}

/** The worst of several; `unknown` for none. */
export function worstHealth(states: readonly NagiosState[]): NagiosState {
  return ORDER[Math.max(...states.map((state) => ORDER.indexOf(state)))] ?? 'unknown';
}

/** `rtt 12 ms, above the warning limit of 5.00 ms`. */
export function thresholdText({ name, value, state, warning, critical }: ThresholdFacts): string {
  const show = (amount: number) =>
    name === 'loss'
      ? `${Number((amount * 100).toFixed(3))}%`
      : name === 'cert-expiry'
        ? `${(amount / 86_400).toFixed(1)} days`
        : formatMs(amount);
  if (value === null) return `${name} could not be measured`;
  const limit = state === 'critical' ? critical : warning;
  if (limit === null || state === 'ok' || state === 'unknown') return `${name} ${show(value)}`;
  return `${name} ${show(value)}, ${name === 'cert-expiry' ? 'below' : 'above'} the ${state} limit of ${show(limit)}`;
}
