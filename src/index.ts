/** moqt as a library. Importing it has no side effects. */
export { ERROR_CODES, type ErrorCode } from './core/errors/error-codes.js';
export { EXIT, EXIT_MEANINGS, type ExitCode } from './core/errors/exit-codes.js';
export { MoqtError, type Stage } from './core/errors/moqt-error.js';
export { connect } from './core/session/connect.js';
export type {
  ConnectedSession,
  ConnectionReport,
  ConnectSettings,
  ConnectStage,
  ConnectWarning,
} from './core/session/connect-settings.js';
