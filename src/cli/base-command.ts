import { Command, type Config, type Interfaces } from '@oclif/core';
import { EXIT, type ExitCode } from '../core/errors/exit-codes.js';
import type { MoqtError } from '../core/errors/moqt-error.js';
import { escapeInvisible } from '../core/util/escape.js';
import { CommandLine } from './command/command-line.js';
import { failWhenStuck } from './command/fail-when-stuck.js';
import { failureLines, maxTimeError, stoppedError, withExitCode } from './command/failure.js';
import type { FailureForm } from './command/failure-form.js';
import { type Origin, withOrigin } from './command/flag-values.js';
import { setLastResort } from './command/last-resort.js';
import { withoutSecrets } from './command/secrets.js';
import { ShowConfig, withoutRequired } from './command/show-config.js';
import { Stop } from './command/signals.js';
import { toMoqtError } from './command/to-moqt-error.js';
import { outputFlags } from './flags/output-flags.js';
import { FileOutput } from './io/file-output.js';
import { jsonLine } from './io/json-line.js';
import { type ColorChoice, type Paint, painter, wantsColor, wantsProgress } from './io/terminal.js';
import { writeNow } from './io/write-now.js';
import { TraceFiles } from './session/trace-files.js';

/** How long an orderly end may take once --max-time is over, ms. */
const MAX_TIME_GRACE_MS = 2000;

/** The values of the flags that every command has. */
interface OutputFlags {
  readonly json: boolean;
  readonly jsonl: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly color: ColorChoice;
  readonly 'show-config': boolean;
}

export interface OutputSettings {
  readonly json: boolean;
  readonly jsonl: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly progress: boolean;
}

/**
 * What every command shares: flag values from all their sources, streams, signals, errors and exit codes.
 * stdout carries data and results only; everything else goes to stderr.
 *
 * oclif's own handling is replaced where it breaks the contract: errors always carry our exit code (its JSON mode forces
 * 1), a broken pipe ends the command instead of hanging it, and output is never muted or re-formatted.
 */
export abstract class MoqtCommand extends Command {
  static override baseFlags = outputFlags;

  /** True where stdout carries payload: then documents go to stderr. */
  protected readonly payloadOnStdout: boolean = false;
  /** What every failure and every signal ends the command with, where scripts expect one form for them all. */
  protected failureForm: FailureForm | null = null;
  readonly stop = new Stop();
  output: OutputSettings = {
    json: false,
    jsonl: false,
    quiet: false,
    verbose: false,
    debug: false,
    progress: false,
  };
  /** What --trace and QLOGDIR ask for. */
  readonly traces = new TraceFiles();
  paint: Paint = painter(false);
  /** Who the command talks to, once it is known; for errors that do not say. */
  peer: string | null = null;
  protected origins: ReadonlyMap<string, Origin> = new Map();
  #stdout: FileOutput | null = null;
  #maxTimer: NodeJS.Timeout | null = null;
  #formWritten = false;

  /** Runs it with the Config that it is given: oclif's own would load that anew, with all plugins. */
  static override run<T extends Command>(
    this: new (
      argv: string[],
      config: Config,
    ) => T,
    argv: string[] = process.argv.slice(2),
    config?: Interfaces.LoadOptions,
  ): Promise<ReturnType<T['run']>> {
    return (new this(argv, config as Config) as unknown as MoqtCommand)._run();
  }

  protected override async init(): Promise<void> {
    this.stop.listen((signal, code) => {
      this.#writeForm(stoppedError(signal));
      process.exit(this.failureForm?.exitCode ?? code);
    });
    setLastResort((thrown) => this.#endNow(toMoqtError(thrown), EXIT.bug));
    // A reader of stderr that has gone must not end the work.
    process.stderr.on('error', () => {});
  }

  get #speaksJson(): boolean {
    return this.output.json || this.output.jsonl;
  }

  /** stdout, with backpressure. */
  get stdout(): FileOutput {
    this.#stdout ??= new FileOutput(1, 'standard output', () => this.stop.stop({ kind: 'epipe' }));
    return this.#stdout;
  }

  /** Parses the command line, then environment, context, file and defaults, in this order of precedence. */
  protected async parseAll<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(
    ctor: Interfaces.Input<F, Interfaces.OutputFlags<Interfaces.FlagInput>, A> & { readonly id: string },
  ): Promise<{ flags: F & OutputFlags; args: A; argv: string[] }> {
    const flags = { ...ctor.baseFlags, ...ctor.flags } as Interfaces.FlagInput;
    this.#presetOutput();
    const line = new CommandLine(this.argv, ctor.id, process.env);
    const preset = (): void => this.preset((flag) => line.value(flag));
    preset();
    await line.readFile(this);
    preset();
    const complete = await line.complete(this, flags, ctor.args ?? {});
    this.origins = complete.origins;
    const parsed = await this.parse(complete.showsConfig ? withoutRequired(ctor) : ctor, complete.words);
    const values = parsed.flags as F & OutputFlags;
    this.#applyOutput(values);
    this.traces.configure(parsed.flags);
    if (values['show-config']) throw new ShowConfig(flags, values, this.origins);
    return { flags: values, args: parsed.args, argv: parsed.argv as string[] };
  }

  /** Ends the command in order when `ms` have passed, and at once when that takes too long; the exit code is then 6. */
  protected startMaxTime(ms: number): void {
    if (ms === 0) return;
    this.#maxTimer = setTimeout(() => {
      this.stop.stop({ kind: 'max-time' });
      this.#maxTimer = setTimeout(() => {
        this.#endNow(maxTimeError(), EXIT.timeout);
      }, MAX_TIME_GRACE_MS).unref();
    }, ms);
    this.#maxTimer.unref();
  }

  /** A result line for stdout. */
  print(line: string): void {
    void this.stdout.write(Buffer.from(`${escapeInvisible(withoutSecrets(line))}\n`))?.catch(() => {});
  }

  /** A line for stderr. */
  tell(line: string): void {
    process.stderr.write(`${escapeInvisible(withoutSecrets(line))}\n`);
  }

  /** A notice for people; silent with -q and in the JSON modes, where reports carry the same. */
  note(line: string): void {
    if (this.output.quiet || this.#speaksJson) return;
    this.tell(`${this.paint('dim', 'moqt:')} ${line}`);
  }

  warning(line: string, kind?: string): void {
    if (this.#speaksJson) this.tell(JSON.stringify({ warning: { kind, message: line } }));
    else this.tell(`${this.paint('yellow', 'moqt: warning:')} ${line}`);
  }

  /** The command's result document: stdout, or the last line of stderr where stdout carries payload. */
  printDocument(document: unknown): void {
    const line = jsonLine(document);
    if (this.payloadOnStdout) this.tell(line);
    else this.print(line);
  }

  /** Told the values of flags as far as they are known before the parser, which may fail, has seen them. */
  protected preset(_given: (flag: string) => string | undefined): void {}

  /** Subclasses do their work here and return the exit code; errors are thrown. */
  protected abstract execute(): Promise<ExitCode>;

  override async run(): Promise<void> {
    let code: ExitCode;
    try {
      code = await failWhenStuck(this.execute()).finally(() =>
        this.traces.close((line, kind) => this.warning(line, kind)),
      );
      await this.#stdout?.flush();
      // Where one line says all, it has been said.
      if (this.failureForm === null) {
        if (this.stop.reason?.kind === 'max-time') throw maxTimeError();
        code = this.stop.exitCode ?? code;
      }
    } catch (thrown) {
      code = await this.#report(thrown);
    }
    process.exitCode = code;
  }

  protected override async finally(): Promise<void> {
    if (this.#maxTimer) clearTimeout(this.#maxTimer);
    this.stop.dispose();
  }

  /** Failures before or around run(): the parser's, or a bug. */
  protected override async catch(error: Error): Promise<void> {
    process.exitCode = await this.#report(error);
  }

  async #report(thrown: unknown): Promise<ExitCode> {
    await this.#stdout?.flush().catch(() => {});
    if (thrown instanceof ShowConfig) {
      for (const line of thrown.lines(this.#speaksJson)) this.print(line);
      await this.stdout.flush();
      return EXIT.ok;
    }
    const reason = this.stop.reason;
    const error = reason?.kind === 'max-time' ? maxTimeError(thrown) : withOrigin(toMoqtError(thrown), this.origins);
    const quietEnd = reason?.kind === 'signal' || (reason?.kind === 'epipe' && error.code !== 'MOQT_E_LOCAL_IO');
    this.#writeForm(error);
    // A command that was told to stop reports just that, unless moqt itself is broken.
    if (quietEnd && error.code !== 'MOQT_E_BUG') {
      const code = this.stop.exitCode ?? error.exitCode;
      // 0 stays 0: a reader who has seen enough is no failure.
      return code === EXIT.ok ? code : (this.failureForm?.exitCode ?? code);
    }
    this.#tellError(error);
    return this.failureForm?.exitCode ?? error.exitCode;
  }

  /** Where nothing is waited for any more. */
  #endNow(error: MoqtError, code: ExitCode): never {
    this.#writeForm(error);
    this.#tellError(error);
    process.exit(this.failureForm?.exitCode ?? code);
  }

  /** Once only: a second signal may come while the first is reported. */
  #writeForm(error: MoqtError): void {
    if (this.#formWritten) return;
    this.#formWritten = true;
    const line = this.failureForm?.line(error) ?? null;
    if (line !== null) writeNow(escapeInvisible(withoutSecrets(line)));
  }

  #tellError(failure: MoqtError): void {
    const error = this.failureForm === null ? failure : withExitCode(failure, this.failureForm.exitCode);
    const { debug } = this.output;
    for (const line of failureLines(error, { peer: this.peer, json: this.#speaksJson, debug, paint: this.paint })) {
      this.tell(line);
    }
  }

  /** The parser may fail before the flags are known; how to report that is read off the raw command line. */
  #presetOutput(): void {
    const has = (flag: string) => this.argv.includes(flag);
    this.output = { ...this.output, json: has('--json'), jsonl: has('--jsonl'), debug: has('--debug') };
    this.paint = painter(wantsColor(2, 'auto', process.env));
  }

  #applyOutput(flags: OutputFlags): void {
    const json = flags.json || flags.jsonl;
    this.output = {
      json: flags.json,
      jsonl: flags.jsonl,
      quiet: flags.quiet,
      verbose: flags.verbose,
      debug: flags.debug,
      progress: wantsProgress({ quiet: flags.quiet, json, env: process.env }),
    };
    this.paint = painter(wantsColor(2, flags.color, process.env));
  }
}
