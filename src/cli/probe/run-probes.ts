import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';
import { MoqtError } from '../../core/errors/moqt-error.js';
import { probeMany, StateWatch } from '../../core/probe/probe-many.js';
import type { ProbeList, ProbeReport } from '../../core/records/probe-report.js';
import { probeText } from '../../core/render/probe-text.js';
import { escapeText } from '../../core/util/escape.js';
import type { MoqtCommand } from '../base-command.js';
import { withoutSecrets } from '../command/secrets.js';
import type { ProbeOutputFlags } from '../flags/probe-output-flags.js';
import { jsonLine } from '../io/json-line.js';
import { replaceFile } from '../io/replace-file.js';
import { painter, wantsColor } from '../io/terminal.js';
import { type DocumentFormat, probeDocument, stateLine } from './probe-output.js';
import type { ProbeTarget } from './probe-targets.js';

/** What `--json --interval` keeps: the newest. */
const MAX_KEPT = 10_000;
/** Of several failures the first of these is the exit code; else that of the first relay that failed. */
const PRECEDENCE: readonly ExitCode[] = [EXIT.bug, EXIT.localIo, EXIT.unauthorized, EXIT.tls, EXIT.usage];

export type Measure = (target: ProbeTarget) => Promise<ProbeReport>;

/** Refuses what does not go together, before a packet is sent. */
export function checkProbeOutput(flags: ProbeOutputFlags, output: MoqtCommand['output']): void {
  const { format, output: path, interval, serve } = flags;
  const isJson = output.json || output.jsonl || format === 'json';
  const isFile = format === 'html' || format === 'junit' || format === 'prometheus';
  if ((output.json || output.jsonl) && format !== 'text' && format !== 'json') {
    throw refuse(`--format ${format} and ${output.json ? '--json' : '--jsonl'} are two formats`, 'give one of them');
  }
  if (path !== undefined && !isFile) throw refuse('-o is for --format html, junit or prometheus', 'redirect stdout');
  if (serve !== undefined && (isJson || format !== 'text'))
    throw refuse('--serve has a format of its own', 'leave the other out');
  if (flags.for !== undefined && interval === undefined && serve === undefined)
    throw refuse('--for needs --interval or --serve', 'how often to probe');
  if (flags.count !== undefined && (interval === undefined || serve !== undefined))
    throw refuse('--count needs --interval', 'how often to probe, for example --interval 10s');
  if (interval === 0) throw refuse('--interval needs a time between probes', 'for example 10s');
  if (interval === undefined || serve !== undefined) return;
  if (format === 'nagios')
    throw refuse('a plug-in answers once: --format nagios takes no --interval', 'the monitoring system repeats it');
  if (isFile && path === undefined)
    throw refuse(`--format ${format} with --interval needs -o FILE`, 'it is replaced after each round');
}

/** Probes all relays once, or again and again, and writes what was found. */
export async function runProbes(
  command: MoqtCommand,
  flags: ProbeOutputFlags & { readonly color: 'auto' | 'always' | 'never' },
  targets: readonly ProbeTarget[],
  measure: Measure,
): Promise<ExitCode> {
  const rounds = new Rounds(command, flags, targets, measure);
  if (flags.interval === undefined) return rounds.once();
  return rounds.repeat(flags.interval);
}

class Rounds {
  readonly #watch = new StateWatch();
  readonly #kept: ProbeReport[] = [];

  constructor(
    private readonly command: MoqtCommand,
    private readonly flags: ProbeOutputFlags & { readonly color: 'auto' | 'always' | 'never' },
    private readonly targets: readonly ProbeTarget[],
    private readonly measure: Measure,
  ) {}

  async once(): Promise<ExitCode> {
    const { format } = this.flags;
    const { json, jsonl, verbose } = this.command.output;
    const paint = painter(wantsColor(1, this.flags.color, process.env));
    const isText = format === 'text' && !json && !jsonl;
    const reports = await this.#round((report, index) => {
      if (jsonl) this.command.print(jsonLine(report));
      else if (isText)
        this.command.print(
          `${index > 0 ? '\n' : ''}${probeText(report, { verbose, paint, width: process.stdout.columns })}`,
        );
    });
    if (format === 'nagios') {
      const { probeNagios } = await import('../../core/render/probe-nagios.js');
      const { text, exitCode } = probeNagios(reports);
      this.command.print(text);
      return exitCode as ExitCode;
    }
    if (isText && reports.length > 1) {
      this.command.print(`\n${reports.filter(({ ok }) => ok).length} of ${reports.length} relays passed`);
    }
    if (!jsonl && (json || format === 'json')) {
      this.command.print(jsonLine(this.targets.length === 1 ? reports[0] : listOf(reports)));
    }
    if (format !== 'text' && format !== 'json') await this.#document(format, reports);
    return exitOf(reports);
  }

  /** Until a signal, `--for` or `--count`; the exit code is that of the last round. */
  async repeat(everyMs: number): Promise<ExitCode> {
    const { signal } = this.command.stop;
    const { format } = this.flags;
    const { json, jsonl } = this.command.output;
    const start = performance.now();
    const end = this.flags.for === undefined ? Number.POSITIVE_INFINITY : start + this.flags.for;
    let last: readonly ProbeReport[] = [];
    let done = 0;
    for (let round = 0; ; round++) {
      try {
        last = await this.#round((report, index) => this.#tell(report, index));
      } catch (error) {
        // What was found before is told; how it ends, the signal says.
        if (signal.aborted) break;
        throw error;
      }
      if (format !== 'text' && format !== 'json') await this.#document(format, last);
      if (++done === this.flags.count) break;
      // Paced from the start; a round that took longer lets those behind it go.
      const behind = Math.floor((performance.now() - start) / everyMs) + 1;
      round = Math.max(round, behind - 1);
      const next = start + (round + 1) * everyMs;
      const wait = Math.min(next, end) - performance.now();
      if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => {});
      if (signal.aborted || performance.now() >= end) break;
    }
    if (!jsonl && (json || format === 'json')) {
      this.command.print(jsonLine(listOf(this.#kept)));
    }
    return exitOf(last);
  }

  #round(onReport: (report: ProbeReport, index: number) => void): Promise<ProbeReport[]> {
    const { concurrency } = this.flags;
    const probe = async (target: ProbeTarget): Promise<ProbeReport> => {
      const report = await this.measure(target);
      return target.name === undefined ? report : { ...report, name: escapeText(target.name) };
    };
    return probeMany(this.targets, { concurrency, probe, onReport });
  }

  #tell(report: ProbeReport, index: number): void {
    const { json, jsonl, verbose } = this.command.output;
    this.#kept.push(report);
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
    const isFirst = !this.#watch.has(index);
    const change = this.#watch.see(index, report);
    if (jsonl) this.command.print(jsonLine(report));
    if (jsonl || json || this.flags.format === 'json') {
      if (change !== null) this.command.tell(jsonLine({ change }));
      return;
    }
    const line = stateLine(report);
    const before = change === null ? '' : ` (was ${change.from} for ${(change.afterMs / 1000).toFixed(0)}s)`;
    if (this.flags.format !== 'text') {
      if (change !== null) this.command.note(`${line}${before}`);
    } else if (isFirst || change !== null || verbose) this.command.print(`${line}${before}`);
  }

  async #document(format: DocumentFormat, reports: readonly ProbeReport[]): Promise<void> {
    const text = await probeDocument(format, reports);
    if (this.flags.output === undefined) this.command.print(text);
    else await replaceFile(this.flags.output, withoutSecrets(`${text}\n`));
  }
}

function listOf(reports: readonly ProbeReport[]): ProbeList {
  return { schema: 'moqt-probe-list/1', reports };
}

function exitOf(reports: readonly ProbeReport[]): ExitCode {
  const codes = reports.filter(({ ok }) => !ok).map(({ exitCode }) => exitCode);
  return PRECEDENCE.find((code) => codes.includes(code)) ?? codes[0] ?? EXIT.ok;
}

function refuse(message: string, hint: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', message, { stage: 'config', cause: 'usage.flag', hint });
}
