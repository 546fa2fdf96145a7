import { CAUSES } from '../../errors/causes.js';
import { EXIT, type ExitCode } from '../../errors/exit-codes.js';
import type { MatrixCell, ProbeMatrix, ProbeReport } from '../../records/probe-report.js';
import { PROFILES } from '../../wire/drafts/index.js';
import { probe } from '../probe.js';
import type { ProbeOptions } from '../probe-options.js';
import { applyThresholds, type Thresholds } from '../thresholds.js';
import { fingerprint } from './fingerprint.js';

export const MATRIX_TRANSPORTS = ['quic', 'webtransport', 'webtransport-h2'] as const;

/** What a matrix tries. */
export interface MatrixOptions {
  /** As for a probe; its drafts, where given, are the rows. */
  readonly connect?: ProbeOptions['connect'];
  /** Held against every combination: beyond a critical value it fails, beyond a warning it says so. */
  readonly thresholds?: Thresholds | undefined;
  /** Default: all. */
  readonly transports?: readonly MatrixCell['transport'][] | undefined;
  /** Probes at a time; default 3, which costs a relay on a small machine little. */
  readonly concurrency?: number | undefined;
  /** Whether to ask the relay what it does, too, which costs it some requests and a published track; default true. */
  readonly fingerprint?: boolean | undefined;
  /** Called as each cell is known. Must not throw. */
  readonly onCell?: ((cell: MatrixCell) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Each draft alone over each transport of one host, then how the relay behaves on the first that works. Rejects with
 * MoqtError for what cannot be used (a bad URL or setting), or with the reason of the signal.
 */
export async function probeMatrix(url: string, options: MatrixOptions = {}): Promise<ProbeMatrix> {
  const { connect, thresholds = {}, transports = MATRIX_TRANSPORTS, concurrency = 3, onCell, signal } = options;
  const isAsked = options.fingerprint ?? true;
  const drafts = connect?.drafts ?? PROFILES.map(({ draft }) => draft);
  const places = drafts.flatMap((draft) => transports.map((transport) => ({ draft, transport })));
  const reports = await inTurn(places, concurrency, async ({ draft, transport }) => {
    const found = await probe(url, { connect: { ...connect, drafts: [draft], transport }, signal });
    const report = applyThresholds(found, thresholds);
    onCell?.(cellOf(draft, transport, report));
    return report;
  });
  const cells = places.map(({ draft, transport }, i) => cellOf(draft, transport, reports[i] as ProbeReport));
  return {
    schema: 'moqt-matrix/1',
    url: (reports[0] as ProbeReport).url,
    cells,
    fingerprint: isAsked ? await fingerprint(url, reports, { connect, signal }) : { reason: 'it was not asked for' },
  };
}

/** 1 when a limit is broken, 0 when anything works, else what the first combination failed with. */
export function matrixExitCode({ cells }: ProbeMatrix): ExitCode {
  if (cells.some(({ cause }) => cause?.startsWith('threshold.'))) return EXIT.checkFailed;
  if (cells.some(({ ok }) => ok)) return EXIT.ok;
  const cause = cells[0]?.cause ?? null;
  return (cause !== null && cause in CAUSES ? CAUSES[cause as keyof typeof CAUSES].exitCode : null) ?? EXIT.checkFailed;
}

function cellOf(draft: string, transport: MatrixCell['transport'], report: ProbeReport): MatrixCell {
  const { ok, durationMs, cause = null } = report;
  const warnings = report.warnings.map((warning) => warning.cause).filter((one) => one.startsWith('threshold.'));
  return { draft, transport, ok, cause, durationMs, ...(warnings.length > 0 && { warnings }) };
}

/** The results in the order of the items, at most `limit` at a time. */
async function inTurn<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker));
  return results;
}
