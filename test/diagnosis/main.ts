import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DiagnosisCase, type Expectation, type Situation, Unavailable } from './case.js';
import { CASES } from './cases/index.js';
import { withoutCase } from './coverage.js';
import { Lab } from './lab.js';

/** Waits are most of what cases do. */
const AT_ONCE = 3;
const PROBE_MS = 40_000;
/** Shorter than the defaults, so that the lab is done in a minute; a case may have its own. */
const TIMEOUTS = { '--connect-timeout': '2s', '--setup-timeout': '1500ms', '--request-timeout': '1500ms' };

/** `wrong`: another cause than the true one, the worst. `missing`: none. `flawed`: the right one, but not all around it. */
type Verdict = 'right' | 'flawed' | 'wrong' | 'missing' | 'skipped';

interface Result {
  readonly name: string;
  readonly verdict: Verdict;
  readonly expected: string | null;
  readonly cause?: string | null;
  readonly exit?: number | null;
  readonly durationMs?: number;
  readonly hint?: string;
  readonly problems: readonly string[];
}

interface Report {
  readonly cause?: string;
  readonly message?: string;
  readonly hint?: string;
  readonly ok: boolean;
  readonly durationMs: number;
  readonly warnings: readonly { readonly cause: string }[];
}

/** As far as a case can be held against it. */
interface MatrixReport {
  readonly schema: 'moqt-matrix/1';
  readonly cells: readonly { readonly ok: boolean; readonly cause: string | null; readonly durationMs: number }[];
  readonly fingerprint: { readonly quirks?: Report['warnings'] };
}

/** Runs the lab; the exit code. Arguments: a part of the names to run only those, and `--json FILE`. */
export async function main(argv: readonly string[], root: string): Promise<number> {
  const at = argv.indexOf('--json');
  const file = at < 0 ? undefined : argv[at + 1];
  const only = argv.find((word, i) => !word.startsWith('--') && (at < 0 || i !== at + 1));
  const chosen = CASES.filter(({ name }) => only === undefined || name.includes(only));
  const waiting = [...chosen];
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const result = await runCase(one, root);
      results.push(result);
      console.log(line(result));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));

  const of = (verdict: Verdict): Result[] => results.filter((result) => result.verdict === verdict);
  for (const verdict of ['wrong', 'missing', 'flawed', 'skipped'] as const) {
    if (of(verdict).length > 0)
      console.log(
        `\n${verdict}:\n${of(verdict)
          .map((one) => `  ${one.name}`)
          .join('\n')}`,
      );
  }
  const unheld = only === undefined ? withoutCase(CASES) : [];
  if (unheld.length > 0) console.log(`\ncauses without a case:\n${unheld.map((cause) => `  ${cause}`).join('\n')}`);
  const judged = results.length - of('skipped').length;
  const right = of('right').length + of('flawed').length;
  console.log(
    `\nwrong cause: ${of('wrong').length}, no cause: ${of('missing').length}, right but flawed: ${of('flawed').length}`,
  );
  const failed = judged - of('right').length + unheld.length;
  console.log(`${of('right').length} passed, ${failed} failed, ${of('skipped').length} skipped`);
  console.log(`right cause: ${right} of ${judged}`);
  if (file !== undefined) writeFileSync(file, `${JSON.stringify({ right, of: judged, results }, null, 2)}\n`);
  return failed === 0 ? 0 : 1;
}

async function runCase(one: DiagnosisCase, root: string): Promise<Result> {
  const lab = new Lab();
  const { name, expect } = one;
  const expected = expect.cause;
  try {
    const situation = await one.start(lab);
    const ran = await probe(situation, root);
    const problems = judge(expect, ran);
    const cause = ran.report === null ? undefined : (ran.report.cause ?? null);
    const verdict = verdictOf(expected, cause, problems);
    const { durationMs, hint } = ran.report ?? {};
    return { name, verdict, expected, cause, exit: ran.exit, durationMs, hint, problems };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof Unavailable) return { name, verdict: 'skipped', expected, problems: [why] };
    return { name, verdict: 'missing', expected, problems: [`the situation could not be started: ${why}`] };
  } finally {
    await lab.close();
  }
}

function verdictOf(expected: string | null, cause: string | null | undefined, problems: readonly string[]): Verdict {
  if (cause === expected) return problems.length === 0 ? 'right' : 'flawed';
  return cause === null || cause === undefined ? 'missing' : 'wrong';
}

interface Ran {
  readonly exit: number | null;
  readonly report: Report | null;
  readonly stderr: string;
}

async function probe(situation: Situation, root: string): Promise<Ran> {
  const command = [process.execPath, join(root, 'bin/run.js'), 'probe', situation.url, '--json'];
  const given = situation.args ?? [];
  const timeouts = Object.entries(TIMEOUTS).filter(([flag]) => !given.includes(flag));
  const [program, ...args] = [...(situation.under ?? []), ...command, ...timeouts.flat(), ...given];
  // Variables of whoever runs the lab must not change what it finds.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('MOQT_')));
  const child = spawn(program as string, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => {
    stdout += text;
  });
  child.stderr.on('data', (text: Buffer) => {
    stderr += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), PROBE_MS);
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(timer);
  return { exit, report: parse(stdout), stderr };
}

function parse(stdout: string): Report | null {
  try {
    const document = JSON.parse(stdout) as Report | MatrixReport;
    return 'schema' in document && document.schema === 'moqt-matrix/1' ? ofMatrix(document) : (document as Report);
  } catch {
    return null;
  }
}

/** A matrix in the form of a report: well when anything works, and warning of what it saw. */
function ofMatrix({ cells, fingerprint }: MatrixReport): Report {
  const failed = cells.some(({ ok }) => ok) ? undefined : cells[0]?.cause;
  const durationMs = Math.max(...cells.map((cell) => cell.durationMs));
  return { ok: failed === undefined, ...(failed && { cause: failed }), durationMs, warnings: fingerprint.quirks ?? [] };
}

function judge(expect: Expectation, { exit, report, stderr }: Ran): string[] {
  if (report === null) return [`no report: exit ${exit}, ${stderr.trim().slice(-300)}`];
  const problems: string[] = [];
  const cause = report.cause ?? null;
  if (cause !== expect.cause) problems.push(`cause ${cause} in place of ${expect.cause}: ${report.message ?? ''}`);
  if (exit !== expect.exit) problems.push(`exit ${exit} in place of ${expect.exit}`);
  if (report.durationMs > expect.withinMs)
    problems.push(`${Math.round(report.durationMs)} ms, more than ${expect.withinMs}`);
  for (const [where, words] of [
    ['hint', expect.hint],
    ['message', expect.message],
  ] as const) {
    const text = report[where] ?? '';
    for (const word of words ?? []) {
      if (!text.toLowerCase().includes(word.toLowerCase()))
        problems.push(`the ${where} does not name ${word}: ${text}`);
    }
  }
  const warned = report.warnings.map((warning) => warning.cause);
  for (const warning of expect.warnings ?? []) {
    if (!warned.includes(warning)) problems.push(`no warning ${warning} (${warned.join(', ') || 'none'})`);
  }
  return problems;
}

function line({ name, verdict, cause, durationMs, problems }: Result): string {
  const time = durationMs === undefined ? '' : ` ${Math.round(durationMs)} ms`;
  const detail = problems.map((one) => `\n         ${one}`).join('');
  return `${verdict.padEnd(8)} ${name} — ${cause ?? 'no cause'}${time}${detail}`;
}
