import type { ProbeStage } from '../errors/causes.js';
import type { Detail, StageReport } from '../records/probe-report.js';
import type { Verdict } from './probe-options.js';

type Facts = Readonly<Record<string, Detail>>;

interface Entry {
  status: StageReport['status'];
  durationMs: number;
  detail: Record<string, Detail>;
  verdict: Verdict | null;
}

/** The stages of a probe as they come to pass; what never does is skipped. */
export class StageLog {
  readonly #entries = new Map<ProbeStage, Entry>();

  constructor(readonly names: readonly ProbeStage[]) {
    for (const name of names) {
      this.#entries.set(name, { status: 'skipped', durationMs: 0, detail: { reason: 'not reached' }, verdict: null });
    }
  }

  /** The stage was passed; milliseconds. */
  ok(name: ProbeStage, durationMs: number, detail: Facts = {}): void {
    this.#set(name, { status: 'ok', durationMs, detail: { ...detail }, verdict: null });
  }

  /** Adds to what is known of a stage that was reached. */
  addDetail(name: ProbeStage, detail: Facts): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) Object.assign(entry.detail, detail);
  }

  /** The stage was not reached, does not apply, or was not asked for. */
  skip(name: ProbeStage, reason: string): void {
    this.#set(name, { status: 'skipped', durationMs: 0, detail: { reason }, verdict: null });
  }

  /** Marks a stage that was passed, but not well. */
  warn(name: ProbeStage, verdict: Verdict): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.status = 'warning';
    entry.verdict = verdict;
  }

  /** The first failure stands: what comes after it was not reached. */
  fail(name: ProbeStage, durationMs: number, verdict: Verdict): void {
    if (this.failed !== null) return;
    const before = this.#entries.get(name);
    const known = before === undefined || before.status === 'skipped' ? {} : before.detail;
    this.#set(name, { status: 'failed', durationMs, detail: { ...known, ...verdict.detail }, verdict });
    const later = this.names.slice(this.names.indexOf(name) + 1);
    for (const next of later) if (this.status(next) !== 'skipped') this.skip(next, `${name} failed`);
  }

  /** How it stands with the stage now. */
  status(name: ProbeStage): StageReport['status'] {
    return this.#entries.get(name)?.status ?? 'skipped';
  }

  /** The stage that failed. */
  get failed(): ProbeStage | null {
    return this.names.find((name) => this.status(name) === 'failed') ?? null;
  }

  /** All stages, in order; those that nothing was said of as skipped. */
  report(): StageReport[] {
    return this.names.map((name) => {
      const { status, durationMs, detail, verdict } = this.#entries.get(name) as Entry;
      return {
        name,
        status,
        durationMs,
        detail,
        ...(verdict !== null && {
          cause: verdict.cause,
          message: verdict.message,
          ...(verdict.hint !== undefined && { hint: verdict.hint }),
        }),
      };
    });
  }

  #set(name: ProbeStage, entry: Entry): void {
    if (this.#entries.has(name)) this.#entries.set(name, entry);
  }
}
