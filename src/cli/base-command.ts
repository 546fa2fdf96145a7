import { Command, type Interfaces } from '@oclif/core';
import { checkConfigKeys, defaultConfigPath, readConfigFile } from '../core/config/config-file.js';
import { EXIT, type ExitCode } from '../core/errors/exit-codes.js';
import { MoqtError } from '../core/errors/moqt-error.js';
import { errorDocument, errorLine } from '../core/render/error-line.js';
import { escapeInvisible } from '../core/util/escape.js';
import { failWhenStuck } from './fail-when-stuck.js';
import type { FailureForm } from './failure-form.js';
import { FileOutput } from './file-output.js';
import {
  describeOrigin,
  envName,
  givenFlags,
  normaliseArgv,
  type Origin,
  valuesFromElsewhere,
  withOrigin,
} from './flag-values.js';
import { connectionFlags } from './flags/connection-flags.js';
import { flagText } from './flags/kinds.js';
import { outputFlags } from './flags/output-flags.js';
import { jsonLine } from './json-line.js';
import { setLastResort } from './last-resort.js';
import { withoutSecrets } from './secrets.js';
import { Stop } from './signals.js';
import { stackText } from './stack-text.js';
import { type ColorChoice, type Paint, painter, wantsColor, wantsProgress } from './terminal.js';
import { toMoqtError } from './to-moqt-error.js';
import { TraceFiles } from './trace-files.js';
import { writeNow } from './write-now.js';

/** Flags whose environment variable carries no command name. */
const SHARED = new Set([...Object.keys(connectionFlags), ...Object.keys(outputFlags)]);
/** Flags that may stand without a value, and what that means. */
const OPTIONAL_VALUE = new Map([['wait', 'forever']]);

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

  protected override async init(): Promise<void> {
    this.stop.listen((signal, code) => {
      this.#writeForm(stoppedError(signal));
      process.exit(this.failureForm?.exitCode ?? code);
    });
    setLastResort((thrown) => this.#endNow(toMoqtError(thrown), EXIT.bug));
    // A reader of stderr that has gone must not end the work.
    process.stderr.on('error', () => {});
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
    const argv = normaliseArgv(this.argv, OPTIONAL_VALUE);
    this.preset((flag) => lastValue(argv, flag) ?? process.env[envName(flag, SHARED, ctor.id)]);
    const given = await givenFlags(argv, this, flags, ctor.args ?? {});
    const pick = (name: string) => lastValue(argv, name) ?? process.env[`MOQT_${name.toUpperCase()}`];
    const path = pick('config');
    const file = await readConfigFile(path ?? defaultConfigPath(process.env), path !== undefined);
    if (file) checkConfigKeys(file, { shared: SHARED, commands: this.#flagsByCommand() });
    const { tokens, origins } = valuesFromElsewhere({
      given,
      flags,
      shared: SHARED,
      commandId: ctor.id,
      env: process.env,
      file,
      context: pick('context') ?? file?.values.get('context')?.toString(),
    });
    this.origins = origins;
    this.preset((flag) => lastValue([...tokens, ...argv], flag));
    // To look at the configuration one needs no arguments.
    const wanted = given.has('show-config') ? withoutRequired(ctor) : ctor;
    const parsed = await this.parse(wanted, [...tokens, ...argv]);
    const values = parsed.flags as F & OutputFlags;
    this.#applyOutput(values);
    this.traces.configure(parsed.flags);
    if (values['show-config']) this.#showConfig(values);
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
    if (this.output.quiet || this.output.json || this.output.jsonl) return;
    this.tell(`${this.paint('dim', 'moqt:')} ${line}`);
  }

  warning(line: string, kind?: string): void {
    if (this.output.json || this.output.jsonl) this.tell(JSON.stringify({ warning: { kind, message: line } }));
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
    if (thrown instanceof ShowConfig) return this.#printConfig(thrown);
    const reason = this.stop.reason;
    const error = reason?.kind === 'max-time' ? maxTimeError(thrown) : withOrigin(toMoqtError(thrown), this.origins);
    const quietEnd = reason?.kind === 'signal' || (reason?.kind === 'epipe' && error.code !== 'MOQT_E_LOCAL_IO');
    const line = this.failureForm?.line(error) ?? null;
    if (line !== null) {
      this.print(line);
      await this.stdout.flush().catch(() => {});
    }
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

  #writeForm(error: MoqtError): void {
    const line = this.failureForm?.line(error) ?? null;
    if (line !== null) writeNow(escapeInvisible(withoutSecrets(line)));
  }

  #tellError(failure: MoqtError): void {
    const error = this.failureForm === null ? failure : withExitCode(failure, this.failureForm.exitCode);
    if (this.output.json || this.output.jsonl) this.tell(JSON.stringify(errorDocument(error, this.peer)));
    else this.tell(errorLine(error, this.peer, (text) => this.paint('red', text)));
    if (this.output.debug) this.tell(stackText(error));
  }

  async #printConfig({ rows }: ShowConfig): Promise<ExitCode> {
    if (this.output.json || this.output.jsonl) this.print(JSON.stringify({ config: rows }));
    else {
      const width = Math.max(...rows.map((row) => row.flag.length));
      for (const row of rows) this.print(`${row.flag.padEnd(width)}  ${JSON.stringify(row.value)}  (${row.origin})`);
    }
    await this.stdout.flush();
    return EXIT.ok;
  }

  #definition(name: string): Interfaces.FlagInput[string] | undefined {
    return { ...this.ctor.baseFlags, ...this.ctor.flags }[name];
  }

  #flagsByCommand(): ReadonlyMap<string, readonly string[]> {
    return new Map(this.config.commands.map((command) => [command.id, Object.keys(command.flags)]));
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

  #showConfig(values: Record<string, unknown>): never {
    const rows = [...this.origins].map(([name, origin]) => ({
      flag: name,
      value:
        name === 'auth-token' && origin.kind !== 'default'
          ? '(hidden)'
          : flagText(this.#definition(name), values[name] ?? null),
      origin: describeOrigin(origin),
    }));
    throw new ShowConfig(rows);
  }
}

/** Thrown to end a command that was only asked for its configuration. */
export class ShowConfig extends Error {
  constructor(readonly rows: readonly { flag: string; value: unknown; origin: string }[]) {
    super('show-config');
  }
}

/** The same error, ending in another way. */
function withExitCode(error: MoqtError, exitCode: ExitCode): MoqtError {
  const { code, message, stage, reason, hint, peer, wire } = error;
  return new MoqtError(code, message, {
    stage,
    exitCode,
    origin: error,
    ...(reason !== undefined && { cause: reason }),
    ...(hint !== undefined && { hint }),
    ...(peer !== undefined && { peer }),
    ...(wire !== undefined && { wire }),
  });
}

function stoppedError(signal: string): MoqtError {
  return new MoqtError('MOQT_E_INTERRUPTED', `stopped by ${signal}`, { stage: 'session', cause: 'interrupted' });
}

function maxTimeError(origin?: unknown): MoqtError {
  return new MoqtError('MOQT_E_TIMEOUT', 'the time given by --max-time is over', {
    stage: 'session',
    cause: 'timeout.max-time',
    hint: 'raise --max-time, or look at what the command was waiting for with -v',
    origin,
  });
}

/** The same command with arguments that may be left out. */
function withoutRequired<
  F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
  B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
  A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
>(ctor: Interfaces.Input<F, B, A>): Interfaces.Input<F, B, A> {
  const args = Object.fromEntries(
    Object.entries(ctor.args ?? {}).map(([name, arg]) => [name, { ...arg, required: false, multiple: false }]),
  ) as Interfaces.ArgInput<A>;
  return {
    ...ctor,
    ...(ctor.flags && { flags: ctor.flags }),
    ...(ctor.baseFlags && { baseFlags: ctor.baseFlags }),
    args,
    strict: false,
  };
}

function lastValue(argv: readonly string[], name: string): string | undefined {
  const end = argv.indexOf('--');
  const tokens = end === -1 ? argv : argv.slice(0, end);
  for (let i = tokens.length - 1; i >= 0; i--) {
    const token = tokens[i] as string;
    if (token.startsWith(`--${name}=`)) return token.slice(name.length + 3);
    if (token === `--${name}`) return tokens[i + 1];
  }
  return undefined;
}
