import { hintFor } from '../errors/hints.js';
import type { MoqtError } from '../errors/moqt-error.js';
import { escapeText } from '../util/escape.js';

/** States of a plug-in, and the exit codes of the monitoring systems for them. */
export const NAGIOS_EXIT = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;

export type NagiosState = keyof typeof NAGIOS_EXIT;

/** A measured value with its thresholds, in seconds or percent; null: it could not be measured. */
export interface NagiosValue {
  readonly name: string;
  readonly value: number | null;
  /** Default seconds. */
  readonly unit?: 's' | '%';
  readonly warning?: number;
  readonly critical?: number;
}

/** What one line says. */
export interface NagiosReport {
  readonly state: NagiosState;
  /** What was checked. */
  readonly name: string;
  readonly findings: readonly { readonly state: NagiosState; readonly text: string }[];
  readonly values: readonly NagiosValue[];
}

/** What is not known was not found either: it stands without a mark. */
const MARK: Readonly<Record<NagiosState, string>> = { critical: 'Crit:', unknown: '', warning: 'Warn:', ok: 'OK:' };
/** Plug-ins' output is cut somewhere; longer text helps nobody. */
const MAX_UNKNOWN = 400;
const ORDER: readonly NagiosState[] = ['unknown', 'critical', 'warning', 'ok'];

/** One line in natscli's grammar: `WARNING name Warn:expires in 5d | expiry=432000.0000s;604800.0000;172800.0000`. */
export function nagiosLine({ state, name, findings, values }: NagiosReport): string {
  const words = ORDER.flatMap((mark) =>
    findings.filter((finding) => finding.state === mark).map(({ text }) => `${MARK[mark]}${text}`),
  );
  const head = [state.toUpperCase(), name, ...words].map(plain).join(' ');
  return values.length === 0 ? head : `${head} | ${values.map(valueText).join(' ')}`;
}

/** What kept a check from happening, which is no server's fault. `name`: what was to be checked. */
export function unknownLine(name: string, error: MoqtError): string {
  const hint = error.hint ?? hintFor(error);
  const text = `${error.message}${hint === null ? '' : ` (${hint})`}`;
  const findings = [{ state: 'unknown', text: escapeText(text, { maxLength: MAX_UNKNOWN }) }] as const;
  return nagiosLine({ state: 'unknown', name, findings, values: [] });
}

/** A bar would end the text, and a line break the line. */
function plain(text: string): string {
  return text.replaceAll('|', '/').replace(/[\r\n]+/g, ' ');
}

/** `U` is what plug-ins write for a value that is not known; a name that is not one word stands in quotes. */
function valueText({ name, value, unit = 's', warning, critical }: NagiosValue): string {
  const limits = warning === undefined && critical === undefined ? [] : [limit(warning), limit(critical)];
  const label = /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll('=', ':').replace(/['|]/g, '')}'`;
  return [`${label}=${value === null ? 'U' : `${value.toFixed(4)}${unit}`}`, ...limits].join(';');
}

function limit(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}
