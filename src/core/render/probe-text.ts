import type { ProbeReport, RoundtripFacts, StageReport } from '../records/probe-report.js';
import { fitLine, wrapText } from '../util/wrap-text.js';
import { formatBytes, formatMs } from './quantity.js';
import { stageFacts } from './stage-facts.js';

/** How a word of a status is painted; plain text by default. */
export type StatusPaint = (color: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string) => string;

export interface ProbeTextOptions {
  /** Skipped stages and experiments too. */
  readonly verbose: boolean;
  readonly paint: StatusPaint;
  /** Columns of the terminal; without it each thing is one line, as scripts and logs want it. */
  readonly width?: number | undefined;
}

/** Narrower lines are broken by the terminal just as well. */
const MIN_WIDTH = 30;
/** Where further lines of what is not a stage begin. */
const HANG = 4;
const HINT = 'hint: ';

const WORDS = { ok: 'ok', failed: 'FAILED', skipped: 'skipped', warning: 'warning' } as const;
const COLORS = { ok: 'green', failed: 'red', skipped: 'dim', warning: 'yellow' } as const;
const TRANSPORTS = {
  quic: 'raw QUIC',
  webtransport: 'WebTransport over HTTP/3',
  'webtransport-h2': 'WebTransport over HTTP/2',
} as const;

/** A report for people: a line a stage, what was tried, warnings, and at the end the verdict and what to do. */
export function probeText(report: ProbeReport, options: ProbeTextOptions): string {
  const { verbose, paint } = options;
  const { url, name, transport } = report;
  const fitted = (line: string, hang = HANG): string[] => {
    return options.width === undefined ? [line] : fitLine(line, Math.max(MIN_WIDTH, options.width), hang);
  };
  const who = name === undefined ? url : `${paint('bold', name)}  ${url}`;
  const lines = fitted(`${who}  ${paint('dim', `(${TRANSPORTS[transport]})`)}`);
  const stages = report.stages.filter(({ status }) => verbose || status !== 'skipped');
  const width = Math.max(0, ...stages.map((stage) => stage.name.length));
  for (const stage of stages) {
    lines.push(...fitted(stageLine(stage, width, paint), stageHang(width, options)));
    // That of the failure stands at the end, where one looks first.
    if (stage.hint !== undefined && stage.hint !== report.hint) lines.push(...hintLines(stage.hint, 4, options));
  }
  if (report.roundtrip !== null) lines.push(...roundtripLines(report.roundtrip).flatMap((line) => fitted(line)));
  if (verbose || !report.ok) {
    for (const { name: tried, outcome, ok, durationMs } of report.experiments) {
      const mark = paint(ok ? 'green' : 'dim', ok ? 'yes' : 'no ');
      lines.push(...fitted(`  tried ${tried}: ${mark} ${outcome} ${paint('dim', formatMs(durationMs))}`));
    }
  }
  for (const { cause, message, hint } of report.warnings) {
    lines.push(...fitted(`  ${paint('yellow', 'warning')} ${message} [${cause}]`), ...hintLines(hint, 4, options));
  }
  lines.push(...fitted(verdictLine(report, paint), 2));
  if (report.hint !== undefined) lines.push(...hintLines(report.hint, 2, options));
  return lines.join('\n');
}

/** A hint, with its further lines below its first word. */
function hintLines(hint: string, indent: number, { width }: ProbeTextOptions): string[] {
  const start = ' '.repeat(indent);
  const columns = width === undefined ? Number.POSITIVE_INFINITY : Math.max(MIN_WIDTH, width);
  const rows = wrapText(hint, columns - indent - HINT.length);
  return rows.map((row, i) => `${start}${i === 0 ? HINT : ' '.repeat(HINT.length)}${row}`);
}

function roundtripLines(facts: RoundtripFacts): string[] {
  const { sent, received, lost, duplicated, reordered, corrupted, partial, latencyMs, goodputBps } = facts;
  const counts = `${received} of ${sent} objects: ${lost} lost, ${partial} broken off, ${corrupted} changed, ${duplicated} twice, ${reordered} out of order`;
  const flow = `  ${facts.groups} groups, objects of ${formatBytes(facts.objectBytes)}, ${(goodputBps / 1e6).toFixed(2)} Mbit/s`;
  if (latencyMs === null) return [`  ${counts}`, flow];
  const { min, p50, p90, p99, max } = latencyMs;
  const named = Object.entries({ min, p50, p90, p99, max }).map(([name, ms]) => `${name} ${formatMs(ms)}`);
  return [`  ${counts}`, flow, `  latency ${named.join('  ')}`];
}

function stageLine(stage: StageReport, width: number, paint: StatusPaint): string {
  const status = paint(COLORS[stage.status], WORDS[stage.status].padEnd(7));
  const time = stage.status === 'skipped' ? ''.padStart(10) : formatMs(stage.durationMs).padStart(10);
  // The message of a failure is that of the verdict below.
  const what =
    stage.cause === undefined
      ? stageFacts(stage)
      : stage.status === 'failed'
        ? stage.cause
        : `${stage.message} [${stage.cause}]`;
  return `  ${stage.name.padEnd(width)}  ${status} ${time}  ${what}`.trimEnd();
}

/** Below the facts of the stage, where that leaves them half of the terminal. */
function stageHang(nameWidth: number, { width = 0 }: ProbeTextOptions): number {
  const facts = 2 + nameWidth + 2 + 7 + 1 + 10 + 2;
  return 2 * facts <= width ? facts : HANG;
}

function verdictLine(report: ProbeReport, paint: StatusPaint): string {
  const after = `after ${formatMs(report.durationMs)}`;
  if (!report.ok) {
    return `${paint('red', 'FAILED')} ${report.cause} ${after}: ${report.message} (exit ${report.exitCode})`;
  }
  const rtt = report.rttMs === null ? '' : `, round trip ${formatMs(report.rttMs)}`;
  return `${paint('green', 'OK')} draft ${report.draft} ${after}${rtt}`;
}
