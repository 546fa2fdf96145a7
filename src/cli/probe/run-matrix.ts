import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';
import { MoqtError } from '../../core/errors/moqt-error.js';
import type { Thresholds } from '../../core/probe/thresholds.js';
import type { ProbeMatrix } from '../../core/records/probe-report.js';
import { matrixText } from '../../core/render/matrix-text.js';
import type { MoqtCommand } from '../base-command.js';
import { withoutSecrets } from '../command/secrets.js';
import type { ProbeOutputFlags } from '../flags/probe-output-flags.js';
import { jsonLine } from '../io/json-line.js';
import { replaceFile } from '../io/replace-file.js';
import { painter, wantsColor } from '../io/terminal.js';
import { probeDocument } from './probe-output.js';
import type { ProbeTarget } from './probe-targets.js';

/** Tries every draft over every transport of each relay, one relay after the other; the exit code is the first that is not 0. */
export async function runMatrix(
  command: MoqtCommand,
  flags: ProbeOutputFlags & { readonly color: 'auto' | 'always' | 'never'; readonly 'no-fingerprint': boolean },
  targets: readonly ProbeTarget[],
  thresholds: Thresholds,
): Promise<ExitCode> {
  const { format } = flags;
  if (thresholds['first-object'] !== undefined) {
    throw new MoqtError('MOQT_E_USAGE', '--first-object-warning and -critical do not go with --matrix', {
      stage: 'config',
      cause: 'usage.flag',
      hint: 'it subscribes to no track of yours; its limits are connect, rtt and cert-expiry',
    });
  }
  const takes = ['text', 'json', 'html'].includes(format) && flags.interval === undefined && flags.serve === undefined;
  const isJson = command.output.json || command.output.jsonl || format === 'json';
  if (!takes || (isJson && !command.output.jsonl && targets.length > 1)) {
    throw new MoqtError('MOQT_E_USAGE', '--matrix does not go with that', {
      stage: 'config',
      cause: 'usage.flag',
      hint: 'its formats are text, json, jsonl (several relays) and html, once',
    });
  }
  const paint = painter(wantsColor(1, flags.color, process.env));
  const { probeMatrix, matrixExitCode } = await import('../../core/probe/matrix/matrix.js');
  const matrices: ProbeMatrix[] = [];
  const options = { thresholds, fingerprint: !flags['no-fingerprint'], signal: command.stop.signal };
  for (const { url, settings } of targets) {
    const matrix = await probeMatrix(url, { ...options, connect: settings });
    matrices.push(matrix);
    if (format !== 'html') command.print(isJson ? jsonLine(matrix) : matrixText(matrix, paint, process.stdout.columns));
  }
  if (format === 'html') {
    const page = await probeDocument('html', [], matrices);
    if (flags.output === undefined) command.print(page);
    else await replaceFile(flags.output, withoutSecrets(`${page}\n`));
  }
  return matrices.map(matrixExitCode).find((code) => code !== EXIT.ok) ?? EXIT.ok;
}
