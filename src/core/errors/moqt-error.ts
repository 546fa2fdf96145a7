import { exitCodeOf } from './causes.js';
import type { ErrorCode } from './error-codes.js';
import type { ExitCode } from './exit-codes.js';

/** Where in the life of a command an error arose; the names are those of the diagnosis stages. */
export type Stage =
  | 'config'
  | 'dns'
  | 'udp'
  | 'tcp'
  | 'quic'
  | 'tls'
  | 'alpn'
  | 'webtransport'
  | 'setup'
  | 'announce'
  | 'publish'
  | 'subscribe'
  | 'fetch'
  | 'data'
  | 'session'
  | 'relay'
  | 'io'
  | 'decode'
  | 'encode'
  | 'internal';

/** Everything about a failure but its code and message. */
export interface MoqtErrorOptions {
  readonly stage: Stage;
  /** A dotted machine-readable cause, for example `udp.refused` or `tls.expired`. */
  readonly cause?: string;
  /** What the user can do about it: one sentence. */
  readonly hint?: string;
  /** The peer as `host:port` or URL, with secrets redacted. */
  readonly peer?: string;
  /** Numeric protocol code with its name, where one arrived: `{space, code, name}`. */
  readonly wire?: { readonly space: string; readonly code: bigint; readonly name: string };
  /** Overrides the exit code that cause and error code imply. */
  readonly exitCode?: ExitCode;
  /** The underlying error, kept for `--debug`. */
  readonly origin?: unknown;
}

/** The one error type that leaves the core. Everything a user sees of a failure is in its fields. */
export class MoqtError extends Error {
  override readonly name: string = 'MoqtError';
  readonly code: ErrorCode;
  readonly stage: Stage;
  readonly reason: string | undefined;
  readonly hint: string | undefined;
  readonly peer: string | undefined;
  readonly wire: MoqtErrorOptions['wire'];
  readonly exitCode: ExitCode;

  constructor(code: ErrorCode, message: string, options: MoqtErrorOptions) {
    super(message, options.origin === undefined ? undefined : { cause: options.origin });
    this.code = code;
    this.stage = options.stage;
    this.reason = options.cause;
    this.hint = options.hint;
    this.peer = options.peer;
    this.wire = options.wire;
    this.exitCode = options.exitCode ?? exitCodeOf(code, options.cause);
  }
}
