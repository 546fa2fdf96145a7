/**
 * The exit codes of the command line, by name: the single source for the man page, the docs and the tests.
 * Scripts rely on these numbers; they change only with a major version.
 */
export const EXIT = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  unreachable: 3,
  tls: 4,
  unauthorized: 5,
  timeout: 6,
  protocol: 7,
  rejected: 8,
  incomplete: 9,
  localIo: 10,
  bug: 70,
  unsupported: 127,
  sighup: 129,
  sigint: 130,
  sigterm: 143,
} as const;

export type ExitName = keyof typeof EXIT;
export type ExitCode = (typeof EXIT)[ExitName];
