import { EXIT, type ExitCode } from './exit-codes.js';

/** What a stable error code means: its exit code and one sentence for the documentation. */
export interface ErrorCodeInfo {
  readonly exitCode: ExitCode;
  readonly meaning: string;
}

/**
 * Every error that moqt can end with. The keys are a contract: scripts match on them.
 * A more precise `cause` (the names that diagnosis uses, such as `udp.refused`) travels beside the code, and where it has an
 * exit code of its own that one counts (`exitCodeOf`).
 */
export const ERROR_CODES = {
  MOQT_E_USAGE: { exitCode: EXIT.usage, meaning: 'a flag, argument or configuration value is not acceptable' },
  MOQT_E_URL: { exitCode: EXIT.usage, meaning: 'the URL is not acceptable' },
  MOQT_E_NAME: { exitCode: EXIT.usage, meaning: 'a namespace or track name is not acceptable' },
  MOQT_E_CHECK: { exitCode: EXIT.checkFailed, meaning: 'an assertion or threshold was not met' },
  MOQT_E_DNS: { exitCode: EXIT.unreachable, meaning: 'the host name could not be resolved' },
  MOQT_E_UNREACHABLE: { exitCode: EXIT.unreachable, meaning: 'nothing answers at this address' },
  MOQT_E_TLS: { exitCode: EXIT.tls, meaning: 'the certificate or the TLS handshake was not acceptable' },
  MOQT_E_UNAUTHORIZED: { exitCode: EXIT.unauthorized, meaning: 'the peer refused the credentials' },
  MOQT_E_TIMEOUT: { exitCode: EXIT.timeout, meaning: 'a deadline passed' },
  MOQT_E_PROTOCOL: { exitCode: EXIT.protocol, meaning: 'one side broke the protocol' },
  MOQT_E_VERSION: { exitCode: EXIT.protocol, meaning: 'no common draft or application protocol' },
  MOQT_E_REJECTED: { exitCode: EXIT.rejected, meaning: 'the peer rejected the request' },
  MOQT_E_INCOMPLETE: { exitCode: EXIT.incomplete, meaning: 'the track ended early, or data is missing or corrupt' },
  MOQT_E_CLOSED: { exitCode: EXIT.protocol, meaning: 'the session ended before the work was done' },
  MOQT_E_LOCAL_IO: { exitCode: EXIT.localIo, meaning: 'a local file, device or port could not be used' },
  MOQT_E_ENCODE: { exitCode: EXIT.usage, meaning: 'a value does not fit the wire format' },
  MOQT_E_UNSUPPORTED: { exitCode: EXIT.unsupported, meaning: 'this build lacks the case or role' },
  MOQT_E_INTERRUPTED: { exitCode: EXIT.sigint, meaning: 'a signal ended the command' },
  MOQT_E_BUG: { exitCode: EXIT.bug, meaning: 'a defect in moqt itself' },
} as const satisfies Record<string, ErrorCodeInfo>;

/** The stable name of a failure. */
export type ErrorCode = keyof typeof ERROR_CODES;
