import type { ProbeReport, StageReport, ThresholdFacts } from '../records/probe-report.js';
import { type Markup, markup } from './markup.js';

/** Reports as JUnit XML: a relay is a suite; its stages and limits are the cases. Well-formed whatever a peer has sent. */
export function probeJunit(reports: readonly ProbeReport[]): string {
  const suites = reports.map(suite);
  const sum = (count: (one: Suite) => number) => suites.reduce((total, one) => total + count(one), 0);
  const document = markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="moqt probe" tests="${sum((one) => one.tests)}" failures="${sum((one) => one.failures)}" errors="0" skipped="${sum((one) => one.skipped)}" time="${seconds(reports.reduce((total, { durationMs }) => total + durationMs, 0))}">
${suites.map(({ xml }) => xml)}</testsuites>
`;
  return document.text;
}

interface Suite {
  readonly xml: Markup;
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
}

function suite(report: ProbeReport): Suite {
  const name = report.name ?? report.url;
  const { stages, thresholds } = report;
  const tests = stages.length + thresholds.length;
  const failed = thresholds.filter(({ state }) => state === 'critical').length;
  const failures = stages.filter(hasFailed).length + failed;
  const skipped =
    stages.filter(({ status }) => status === 'skipped').length +
    thresholds.filter(({ state }) => state === 'unknown').length;
  const properties: [string, string | null][] = [
    ['url', report.url],
    ['transport', report.transport],
    ['draft', report.draft],
    ['implementation', report.implementation],
    ['certificate.sha256', report.certificate?.sha256 ?? null],
    ['certificate.notAfter', report.certificate?.notAfter ?? null],
    ['rttMs', report.rttMs === null ? null : String(report.rttMs)],
  ];
  const warnings = report.warnings.map(({ cause, message, hint }) => markup`warning ${cause}: ${message} (${hint})\n`);
  return {
    tests,
    failures,
    skipped,
    xml: markup`  <testsuite name="${name}" tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds(report.durationMs)}" timestamp="${report.startedAt}">
    <properties>
${properties.map(([key, value]) => (value === null ? null : markup`      <property name="${key}" value="${value}"/>\n`))}    </properties>
${stages.map((stage) => stageCase(name, stage))}${thresholds.map((facts) => thresholdCase(name, facts))}${
  warnings.length === 0 ? null : markup`    <system-out>${warnings}</system-out>\n`
}  </testsuite>
`,
  };
}

function stageCase(suiteName: string, stage: StageReport): Markup {
  const head = markup`    <testcase classname="${suiteName}" name="${stage.name}" time="${seconds(stage.durationMs)}"`;
  if (stage.status === 'skipped') return markup`${head}><skipped message="${reasonOf(stage)}"/></testcase>\n`;
  if (!hasFailed(stage)) return markup`${head}/>\n`;
  const hint = stage.hint === undefined ? null : markup`\nhint: ${stage.hint}`;
  return markup`${head}><failure type="${stage.cause ?? 'failed'}" message="${stage.message ?? ''}">${stage.message ?? ''}${hint}</failure></testcase>\n`;
}

function thresholdCase(suiteName: string, { name, value, warning, critical, state }: ThresholdFacts): Markup {
  const head = markup`    <testcase classname="${suiteName}" name="limit ${name}" time="0"`;
  if (state === 'unknown') return markup`${head}><skipped message="could not be measured"/></testcase>\n`;
  if (state === 'ok') return markup`${head}/>\n`;
  const message = `value ${value}, warning ${warning ?? 'none'}, critical ${critical ?? 'none'}`;
  if (state === 'warning') return markup`${head}><system-out>warning: ${message}</system-out></testcase>\n`;
  return markup`${head}><failure type="threshold.${name}" message="${message}"/></testcase>\n`;
}

/** What a limit says of a stage is said by the limit's own case. */
function hasFailed({ status, cause }: StageReport): boolean {
  return status === 'failed' && !cause?.startsWith('threshold.');
}

function reasonOf({ detail }: StageReport): string {
  return typeof detail.reason === 'string' ? detail.reason : 'skipped';
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(6);
}
