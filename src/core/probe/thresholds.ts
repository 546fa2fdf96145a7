import type { ProbeStage } from '../errors/causes.js';
import { EXIT } from '../errors/exit-codes.js';
import type { ProbeReport, ProbeWarning, StageReport, ThresholdFacts } from '../records/probe-report.js';

/** A value beyond these is a warning, or fails the probe. */
export interface Limits {
  readonly warning?: number | undefined;
  readonly critical?: number | undefined;
}

/** Milliseconds, for `loss` a share between 0 and 1, for `cert-expiry` seconds that are left. */
export type Thresholds = Readonly<Partial<Record<ThresholdFacts['name'], Limits>>>;

/** What is measured for each, where it belongs, and how to read it. */
interface Measure {
  readonly what: string;
  readonly stage: (report: ProbeReport) => ProbeStage;
  readonly value: (report: ProbeReport, now: number) => number | null;
  readonly show: (value: number) => string;
  readonly hint: string;
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`;
const share = (value: number): string => `${(value * 100).toFixed(2)} %`;
const days = (seconds: number): string => `${(seconds / 86_400).toFixed(1)} days`;
const isUdp = ({ transport }: ProbeReport): boolean => transport !== 'webtransport-h2';

const MEASURES: Readonly<Record<ThresholdFacts['name'], Measure>> = {
  connect: {
    what: 'connecting took',
    stage: ({ transport }) => (transport === 'quic' ? 'alpn' : 'protocol'),
    value: connectMs,
    show: ms,
    hint: 'the stages say where the time went',
  },
  rtt: {
    what: 'the round-trip time is',
    stage: (report) => (isUdp(report) ? 'quic' : 'tcp'),
    value: ({ rttMs }) => rttMs,
    show: ms,
    hint: 'the path is long or its queues are full: compare with ping',
  },
  'first-object': {
    what: 'the first object took',
    stage: () => 'data',
    value: firstObjectMs,
    show: ms,
    hint: 'the relay fetches the track from afar, or the publisher is slow to begin',
  },
  latency: {
    what: 'the latency (99th percentile) is',
    stage: () => 'data',
    value: ({ roundtrip }) => roundtrip?.latencyMs?.p99 ?? null,
    show: ms,
    hint: 'the relay or the path queues: compare with the round-trip time, and try a lower --rate',
  },
  loss: {
    what: 'the share of objects that are missing is',
    stage: () => 'data',
    value: ({ roundtrip: trip }) => (trip === null || trip.sent === 0 ? null : (trip.lost + trip.partial) / trip.sent),
    show: share,
    hint: 'the network loses packets, or the relay drops objects: try a lower --rate',
  },
  'cert-expiry': {
    what: 'the certificate is valid for another',
    stage: () => 'tls',
    value: ({ certificate }, now) => (certificate === null ? null : (Date.parse(certificate.notAfter) - now) / 1000),
    show: days,
    hint: 'renew the certificate, and check that the server has loaded the new one',
  },
};

/**
 * Judges a report by limits: what breaks a critical one fails its stage, what breaks a warning one is a warning. A probe that
 * failed already keeps its cause. `now` in milliseconds of the epoch.
 */
export function applyThresholds(report: ProbeReport, thresholds: Thresholds, now = Date.now()): ProbeReport {
  const facts = Object.entries(thresholds).map(([name, limits]) =>
    judge(name as ThresholdFacts['name'], limits, report, now),
  );
  const broken = facts.filter(({ state }) => state === 'warning' || state === 'critical');
  const findings = report.ok ? broken.map((fact) => finding(fact, report)) : [];
  const stages = report.stages.map((stage) => withFindings(stage, findings));
  const failed = stages.find(({ status }) => status === 'failed');
  const warnings = findings.filter(({ fact }) => fact.state === 'warning').map(({ warning }) => warning);
  return {
    ...report,
    ...(report.ok && failed !== undefined && failure(failed)),
    stages,
    warnings: [...report.warnings, ...warnings],
    thresholds: [...report.thresholds, ...facts],
  };
}

function judge(name: ThresholdFacts['name'], limits: Limits, report: ProbeReport, now: number): ThresholdFacts {
  const { warning = null, critical = null } = limits;
  const value = MEASURES[name].value(report, now);
  const beyond = (limit: number | null): boolean =>
    limit !== null && value !== null && (name === 'cert-expiry' ? value < limit : value > limit);
  const state = value === null ? 'unknown' : beyond(critical) ? 'critical' : beyond(warning) ? 'warning' : 'ok';
  return { name, value, warning, critical, state };
}

interface Finding {
  readonly fact: ThresholdFacts;
  readonly stage: ProbeStage;
  readonly warning: ProbeWarning;
}

function finding(fact: ThresholdFacts, report: ProbeReport): Finding {
  const { name, value, state } = fact;
  const { what, show, hint, stage } = MEASURES[name];
  const limit = (state === 'critical' ? fact.critical : fact.warning) as number;
  const side = name === 'cert-expiry' ? 'below' : 'above';
  const message = `${what} ${show(value as number)}, ${side} the limit of ${show(limit)} (--${name}-${state})`;
  return { fact, stage: stage(report), warning: { cause: `threshold.${name}`, message, hint } };
}

/** A stage with the worst that was found about it. */
function withFindings(stage: StageReport, findings: readonly Finding[]): StageReport {
  const own = findings.filter((one) => one.stage === stage.name);
  const worst = own.find(({ fact }) => fact.state === 'critical') ?? own[0];
  if (worst === undefined) return stage;
  return { ...stage, ...worst.warning, status: worst.fact.state === 'critical' ? 'failed' : 'warning' };
}

function failure({ cause, message, hint }: StageReport): Partial<ProbeReport> {
  return {
    ok: false,
    exitCode: EXIT.checkFailed,
    ...(cause && { cause }),
    ...(message && { message }),
    ...(hint && { hint }),
  };
}

/** DNS, QUIC or TCP, TLS and WebTransport: what --connect-timeout covers. */
function connectMs({ stages }: ProbeReport): number | null {
  const end = stages.findIndex(({ name }) => name === 'setup');
  const isConnected = stages.some(({ name, status }) => name === 'alpn' && status !== 'skipped' && status !== 'failed');
  return isConnected ? stages.slice(0, end).reduce((sum, { durationMs }) => sum + durationMs, 0) : null;
}

function firstObjectMs({ stages }: ProbeReport): number | null {
  const value = stages.find(({ name }) => name === 'data')?.detail.firstObjectMs;
  return typeof value === 'number' ? value : null;
}
