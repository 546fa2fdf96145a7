import type { ProbeReport } from '../records/probe-report.js';
import { markup } from './markup.js';
import { healthOf } from './probe-health.js';

/** The first page of an exporter: where the metrics are, and how the relays were when they were last looked at. */
export function probeIndex(reports: readonly ProbeReport[], options: { total: number; everyMs: number }): string {
  const rows = reports.map(
    (report) =>
      markup`<tr><td>${healthOf(report)}</td><td>${report.name ?? report.url}</td><td>${report.cause ?? `draft ${report.draft ?? 'unknown'}`}</td><td>${report.startedAt}</td></tr>`,
  );
  return markup`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>moqt probe</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem}td,th{text-align:left;padding:.2rem 1.2rem .2rem 0}</style></head>
<body><h1>moqt probe</h1><p><a href="/metrics">/metrics</a>: ${reports.length} of ${options.total} relays, probed every ${options.everyMs / 1000} s</p>
<table><thead><tr><th>state</th><th>relay</th><th>found</th><th>when</th></tr></thead><tbody>${rows}</tbody></table></body></html>
`.text;
}
