import type { ProbeReport, RoundtripFacts, StageReport } from '../records/probe-report.js';
import { formatBytes, formatMs } from './quantity.js';
import { stageFacts } from './stage-facts.js';

/** How a word of a status is painted; plain text by default. */
export type StatusPaint = (color: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string) => string;

export interface ProbeTextOptions {
  /** Skipped stages and experiments too. */
  readonly verbose: boolean;
  readonly paint: StatusPaint;
}

const WORDS = { ok: 'ok', failed: 'FAILED', skipped: 'skipped', warning: 'warning' } as const;
const COLORS = { ok: 'green', failed: 'red', skipped: 'dim', warning: 'yellow' } as const;
const TRANSPORTS = {
  quic: 'raw QUIC',
  webtransport: 'WebTransport over HTTP/3',
  'webtransport-h2': 'WebTransport over HTTP/2',
} as const;

/** A report for people: a line a stage, what was tried, warnings, and the verdict. */
export function probeText(report: ProbeReport, { verbose, paint }: ProbeTextOptions): string {
  const lines = [`${report.url}  ${paint('dim', `(${TRANSPORTS[report.transport]})`)}`];
  const stages = report.stages.filter(({ status }) => verbose || status !== 'skipped');
  const width = Math.max(0, ...stages.map(({ name }) => name.length));
  for (const stage of stages) lines.push(...stageLines(stage, width, paint));
  if (report.roundtrip !== null) lines.push(...roundtripLines(report.roundtrip));
  if (verbose || !report.ok) {
    for (const { name, outcome, ok, durationMs } of report.experiments) {
      const mark = paint(ok ? 'green' : 'dim', ok ? 'yes' : 'no ');
      lines.push(`  tried ${name}: ${mark} ${outcome} ${paint('dim', formatMs(durationMs))}`);
    }
  }
  for (const { cause, message, hint } of report.warnings) {
    lines.push(`  ${paint('yellow', 'warning')} ${message} [${cause}]`, `    hint: ${hint}`);
  }
  lines.push(verdictLine(report, paint));
  return lines.join('\n');
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

function stageLines(stage: StageReport, width: number, paint: StatusPaint): string[] {
  const status = paint(COLORS[stage.status], WORDS[stage.status].padEnd(7));
  const time = stage.status === 'skipped' ? ''.padStart(10) : formatMs(stage.durationMs).padStart(10);
  const what = stage.message === undefined ? stageFacts(stage) : `${stage.message} [${stage.cause}]`;
  const first = `  ${stage.name.padEnd(width)}  ${status} ${time}  ${what}`.trimEnd();
  return stage.hint === undefined ? [first] : [first, `    hint: ${stage.hint}`];
}

function verdictLine(report: ProbeReport, paint: StatusPaint): string {
  const after = `after ${formatMs(report.durationMs)}`;
  if (!report.ok) {
    return `${paint('red', 'FAILED')} ${report.cause} ${after}: ${report.message} (exit ${report.exitCode})`;
  }
  const rtt = report.rttMs === null ? '' : `, round trip ${formatMs(report.rttMs)}`;
  return `${paint('green', 'OK')} draft ${report.draft} ${after}${rtt}`;
}
