import type { ProbeMatrix, ProbeReport } from '../../core/records/probe-report.js';
import { VERSION } from '../../core/util/version.js';
import type { ProbeFormat } from '../flags/probe-output-flags.js';

/** The formats that are one document, whole at the end. */
export type DocumentFormat = Exclude<ProbeFormat, 'text' | 'json'>;

/** All reports, and the matrices, as one document without a line end behind it. */
export async function probeDocument(
  format: DocumentFormat,
  reports: readonly ProbeReport[],
  matrices: readonly ProbeMatrix[] = [],
): Promise<string> {
  switch (format) {
    case 'nagios':
      return (await import('../../core/render/probe-nagios.js')).probeNagios(reports).text;
    case 'prometheus':
      return (await import('../../core/render/probe-prometheus.js')).probePrometheus(reports).trimEnd();
    case 'junit':
      return (await import('../../core/render/probe-junit.js')).probeJunit(reports).trimEnd();
    case 'html': {
      const { probeHtml } = await import('../../core/render/probe-html.js');
      return probeHtml({ reports, matrices, madeAt: Date.now(), version: VERSION }).trimEnd();
    }
  }
}

/** A line a relay: how it is, for lists that are watched. */
export function stateLine(report: ProbeReport): string {
  const name = report.name ?? report.url;
  const time = report.startedAt.slice(11, 19);
  if (report.ok) return `${time} ${name} ok, draft ${report.draft}`;
  return `${time} ${name} FAILED ${report.cause}: ${report.message}`;
}
