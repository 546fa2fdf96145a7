import type { ProbeMatrix, ProbeReport } from '../core/records/probe-report.js';
import { probeHtml } from '../core/render/probe-html.js';
import { probeJunit } from '../core/render/probe-junit.js';
import { probeNagios } from '../core/render/probe-nagios.js';
import { probePrometheus } from '../core/render/probe-prometheus.js';
import { VERSION } from '../core/util/version.js';
import type { ProbeFormat } from './flags/probe-output-flags.js';

/** The formats that are one document, whole at the end. */
export type DocumentFormat = Exclude<ProbeFormat, 'text' | 'json'>;

/** All reports, and the matrices, as one document without a line end behind it. */
export function probeDocument(
  format: DocumentFormat,
  reports: readonly ProbeReport[],
  matrices: readonly ProbeMatrix[] = [],
): string {
  switch (format) {
    case 'nagios':
      return probeNagios(reports).text;
    case 'prometheus':
      return probePrometheus(reports).trimEnd();
    case 'junit':
      return probeJunit(reports).trimEnd();
    case 'html':
      return probeHtml({ reports, matrices, madeAt: Date.now(), version: VERSION }).trimEnd();
  }
}

/** A line a relay: how it is, for lists that are watched. */
export function stateLine(report: ProbeReport): string {
  const name = report.name ?? report.url;
  const time = report.startedAt.slice(11, 19);
  if (report.ok) return `${time} ${name} ok, draft ${report.draft}`;
  return `${time} ${name} FAILED ${report.cause}: ${report.message}`;
}
