import type { ProbeReport } from '../records/probe-report.js';

/**
 * Runs probes, at most `concurrency` at once, and hands out their reports in the order of the list, each as soon as all
 * before it are there. The first that throws (a setting that cannot be used, a defect, the signal) ends it.
 */
export async function probeMany<T>(
  targets: readonly T[],
  options: {
    readonly concurrency: number;
    readonly probe: (target: T) => Promise<ProbeReport>;
    readonly onReport?: (report: ProbeReport, index: number) => void;
  },
): Promise<ProbeReport[]> {
  const reports: (ProbeReport | undefined)[] = targets.map(() => undefined);
  let next = 0;
  let told = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < targets.length && !failed) {
      const index = next++;
      try {
        reports[index] = await options.probe(targets[index] as T);
      } catch (error) {
        failed = true;
        throw error;
      }
      for (let report = reports[told]; report !== undefined && !failed; report = reports[told]) {
        options.onReport?.(report, told++);
      }
    }
  };
  // Every worker is waited for, so that nothing runs on behind a failure.
  const ends = await Promise.allSettled(Array.from({ length: Math.min(options.concurrency, targets.length) }, worker));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return reports as ProbeReport[];
}

/** A relay that is not as it was; `ok` or a cause. */
export interface StateChange {
  readonly url: string;
  readonly name?: string;
  readonly from: string;
  readonly to: string;
  /** RFC 3339, when the probe that saw it began. */
  readonly at: string;
  /** How long it had been as it was, ms. */
  readonly afterMs: number;
}

/** Remembers how each relay of a list was, and tells what changed. */
export class StateWatch {
  readonly #states = new Map<number, { readonly state: string; readonly since: number }>();

  has(index: number): boolean {
    return this.#states.has(index);
  }

  /** Null for the first report of a relay, and for one that is as before. */
  see(index: number, report: ProbeReport): StateChange | null {
    const state = report.ok ? 'ok' : (report.cause ?? 'failed');
    const at = Date.parse(report.startedAt);
    const before = this.#states.get(index);
    if (before?.state === state) return null;
    this.#states.set(index, { state, since: at });
    if (before === undefined) return null;
    const { url, name, startedAt } = report;
    return {
      url,
      ...(name !== undefined && { name }),
      from: before.state,
      to: state,
      at: startedAt,
      afterMs: at - before.since,
    };
  }
}
