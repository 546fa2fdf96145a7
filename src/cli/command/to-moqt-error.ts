import { MoqtError } from '../../core/errors/moqt-error.js';
import { unwrapParsing, usageError } from './usage-error.js';

/** What oclif's parser throws for a command line that it cannot accept. */
function isOclifUsageError(error: Error): boolean {
  return 'oclif' in error && error.constructor.name !== 'ExitError';
}

/** Local failures of the operating system, by their codes. */
const LOCAL = new Set([
  'EACCES',
  'EPERM',
  'ENOENT',
  'EISDIR',
  'ENOTDIR',
  'EEXIST',
  'ENOSPC',
  'EROFS',
  'EMFILE',
  'ENFILE',
  'EIO',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'ELOOP',
  'ENAMETOOLONG',
]);

/** Any thrown value as the error that the user sees. What is not foreseen is a bug of ours and says so. */
export function toMoqtError(thrown: unknown): MoqtError {
  if (thrown instanceof MoqtError) return unwrapParsing(thrown);
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (isOclifUsageError(error)) return usageError(error);
  if (error.name === 'AbortError') {
    return new MoqtError('MOQT_E_INTERRUPTED', error.message, {
      stage: 'session',
      cause: 'interrupted',
      origin: error,
    });
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && LOCAL.has(code)) {
    return new MoqtError('MOQT_E_LOCAL_IO', error.message, {
      stage: 'io',
      cause: `io.${code.toLowerCase()}`,
      origin: error,
    });
  }
  return new MoqtError('MOQT_E_BUG', `unexpected ${error.name}: ${error.message}`, {
    stage: 'internal',
    cause: 'bug',
    hint: 'this is a defect in moqt: please report it with the output of --debug',
    origin: error,
  });
}
