import type { ProbeReport } from '../records/probe-report.js';
import { escapeText } from '../util/escape.js';

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  samples(report: ProbeReport): readonly Sample[];
}

const METRICS: readonly Metric[] = [
  {
    name: 'moqt_probe_success',
    help: 'Whether the last probe passed every stage and limit (1) or not (0).',
    samples: (report) => [{ labels: {}, value: report.ok ? 1 : 0 }],
  },
  {
    name: 'moqt_probe_duration_seconds',
    help: 'How long the last probe took.',
    samples: (report) => [{ labels: {}, value: report.durationMs / 1000 }],
  },
  {
    name: 'moqt_probe_timestamp_seconds',
    help: 'When the last probe began, in seconds since 1970.',
    samples: (report) => time(report.startedAt),
  },
  {
    name: 'moqt_probe_stage_seconds',
    help: 'How long a stage of the last probe took; stages that were skipped are absent.',
    samples: ({ stages }) =>
      stages
        .filter(({ status }) => status !== 'skipped')
        .map(({ name, durationMs }) => ({ labels: { stage: name }, value: durationMs / 1000 })),
  },
  {
    name: 'moqt_probe_cause',
    help: 'Why the last probe failed: 1 for the cause; absent when it passed.',
    samples: ({ ok, cause }) => (ok || cause === undefined ? [] : [{ labels: { cause }, value: 1 }]),
  },
  {
    name: 'moqt_probe_warning',
    help: 'What the last probe warned of: 1 for each.',
    samples: ({ warnings }) =>
      [...new Set(warnings.map(({ cause }) => cause))].map((cause) => ({ labels: { cause }, value: 1 })),
  },
  {
    name: 'moqt_probe_rtt_seconds',
    help: 'Round-trip time of the connection.',
    samples: ({ rttMs }) => (rttMs === null ? [] : [{ labels: {}, value: rttMs / 1000 }]),
  },
  {
    name: 'moqt_cert_not_after_seconds',
    help: "When the server's certificate expires, in seconds since 1970.",
    samples: ({ certificate }) => (certificate === null ? [] : time(certificate.notAfter)),
  },
  {
    name: 'moqt_probe_loss_ratio',
    help: 'Share of the objects of the round trip that did not arrive.',
    samples: ({ roundtrip }) =>
      roundtrip === null || roundtrip.sent === 0 ? [] : [{ labels: {}, value: roundtrip.lost / roundtrip.sent }],
  },
  {
    name: 'moqt_probe_latency_seconds',
    help: 'Latency of the objects of the round trip, by quantile.',
    samples: ({ roundtrip }) => {
      const latency = roundtrip?.latencyMs ?? null;
      if (latency === null) return [];
      return (['p50', 'p90', 'p99'] as const).map((name) => ({
        labels: { quantile: `0.${name.slice(1).replace(/0$/, '')}` },
        value: latency[name] / 1000,
      }));
    },
  },
];

/**
 * Reports in Prometheus' text exposition format 0.0.4: each metric with HELP and TYPE once, its samples together, and no
 * two series alike: relays whose (redacted) URL and name are the same are told apart by a label `n`.
 */
export function probePrometheus(reports: readonly ProbeReport[]): string {
  const identities = distinct(reports);
  const lines: string[] = [];
  for (const { name, help, samples } of METRICS) {
    const rows = reports.flatMap((report, i) =>
      samples(report).map(({ labels, value }) => `${name}${labelText({ ...identities[i], ...labels })} ${value}`),
    );
    if (rows.length > 0) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...rows);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function distinct(reports: readonly ProbeReport[]): Labels[] {
  const seen = new Map<string, number>();
  return reports.map(({ url, name }) => {
    const labels = { url, ...(name !== undefined && { name }) };
    const key = JSON.stringify(labels);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count === 1 ? labels : { ...labels, n: String(count) };
  });
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return `{${pairs.join(',')}}`;
}

/** In label values backslash, quote and line end are escaped (exposition format 0.0.4); what nobody sees is made visible. */
function escapeLabel(value: string): string {
  const lines = value.split('\n').map((line) => escapeText(line).replaceAll('\\', '\\\\').replaceAll('"', '\\"'));
  return lines.join('\\n');
}

function time(text: string): Sample[] {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? [] : [{ labels: {}, value: ms / 1000 }];
}
