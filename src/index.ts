/** moqt as a library. Importing it has no side effects. */
export { ERROR_CODES, type ErrorCode } from './core/errors/error-codes.js';
export { EXIT, EXIT_MEANINGS, type ExitCode } from './core/errors/exit-codes.js';
export { MoqtError, type Stage } from './core/errors/moqt-error.js';
