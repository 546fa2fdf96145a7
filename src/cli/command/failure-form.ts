import { EXIT, type ExitCode } from '../../core/errors/exit-codes.js';
import type { MoqtError } from '../../core/errors/moqt-error.js';
import { unknownLine } from '../../core/render/nagios.js';

/** How a command fails of which scripts read one line and one exit code, whatever happens: a plug-in of a monitoring system. */
export interface FailureForm {
  readonly exitCode: ExitCode;
  /** What stdout says of the failure; null where documents were asked for, which stderr has. */
  line(error: MoqtError): string | null;
}

/** UNKNOWN (3): what failed is no server's, but the command line, a signal or a defect. `name`: what was to be checked. */
export function pluginFailure(name: string, isLine: () => boolean = () => true): FailureForm {
  // 3 has another meaning everywhere else.
  return { exitCode: EXIT.unreachable, line: (error) => (isLine() ? unknownLine(name, error) : null) };
}
