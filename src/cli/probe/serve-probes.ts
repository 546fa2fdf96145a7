import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopbackHost } from '../../core/certs/bootstrap.js';
import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';
import { MoqtError } from '../../core/errors/moqt-error.js';
import { serveMetrics } from '../../core/probe/exporter.js';
import { probeMany, StateWatch } from '../../core/probe/probe-many.js';
import type { ProbeReport } from '../../core/records/probe-report.js';
import { probeIndex } from '../../core/render/probe-index.js';
import { probePrometheus } from '../../core/render/probe-prometheus.js';
import type { MoqtCommand } from '../base-command.js';
import { withoutSecrets } from '../command/secrets.js';
import type { ProbeOutputFlags } from '../flags/probe-output-flags.js';
import { stateLine } from './probe-output.js';
import type { ProbeTarget } from './probe-targets.js';
import type { Measure } from './run-probes.js';

const DEFAULT_INTERVAL_MS = 30_000;

/** Probes all relays on an interval and serves what was found last, until a signal or `--for`. */
export async function serveProbes(
  command: MoqtCommand,
  flags: ProbeOutputFlags & { readonly serve: string },
  targets: readonly ProbeTarget[],
  measure: Measure,
): Promise<ExitCode> {
  const everyMs = flags.interval ?? DEFAULT_INTERVAL_MS;
  const found: (ProbeReport | undefined)[] = targets.map(() => undefined);
  const reports = () => found.filter((report) => report !== undefined);
  const place = parseServe(flags.serve);
  const exporter = await serveMetrics({
    ...place,
    metrics: () => withoutSecrets(probePrometheus(reports())),
    index: () => withoutSecrets(probeIndex(reports(), { total: targets.length, everyMs })),
  });
  const stop = new AbortController();
  const signal = AbortSignal.any([command.stop.signal, stop.signal]);
  const timer = flags.for === undefined ? null : setTimeout(() => stop.abort(), flags.for);
  const watch = new StateWatch();
  try {
    command.print(`metrics at ${exporter.url}/metrics`);
    if (!isLoopbackHost(place.host)) {
      command.warning(
        `whoever reaches ${exporter.url} can read the names and states of these relays`,
        'remote-exporter',
      );
    }
    while (!signal.aborted) {
      const began = performance.now();
      const probe = async (target: ProbeTarget): Promise<ProbeReport> => {
        const report = await measure(target);
        return target.name === undefined ? report : { ...report, name: target.name };
      };
      const onReport = (report: ProbeReport, index: number) => {
        found[index] = report;
        if (watch.see(index, report) !== null) command.note(stateLine(report));
      };
      await probeMany(targets, { concurrency: flags.concurrency, probe, onReport });
      await sleep(Math.max(0, everyMs - (performance.now() - began)), undefined, { signal }).catch(() => {});
    }
  } finally {
    if (timer !== null) clearTimeout(timer);
    await exporter.close();
  }
  return EXIT.ok;
}

/** `9464`, `0.0.0.0:9464`, `[::1]:9464`; a port alone is 127.0.0.1's. */
export function parseServe(value: string): { host: string; port: number } {
  const match = /^(?:(?:\[([0-9a-f:.]+)\]|([^\s:[\]/]+)):)?(\d{1,5})$/i.exec(value);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new MoqtError('MOQT_E_USAGE', `--serve does not accept ${JSON.stringify(value)}`, {
      stage: 'config',
      cause: 'usage.flag',
      hint: 'expected PORT or HOST:PORT, for example 9464 or 0.0.0.0:9464',
    });
  }
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}
