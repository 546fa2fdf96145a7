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

/** Name of an exit code. */
export type ExitName = keyof typeof EXIT;
/** What the command line ends with. */
export type ExitCode = (typeof EXIT)[ExitName];

/** What each exit code means: the text of the man pages. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done, all of it',
  1: 'a check or assertion failed',
  2: 'usage or configuration; found before the first packet was sent',
  3: 'unreachable: name not found, connection refused, no route',
  4: 'TLS or certificate',
  5: 'not authorised',
  6: 'timeout',
  7: 'protocol error or no common version',
  8: 'the peer rejected the request',
  9: 'incomplete: the session ended, or went idle, before the end of the track; data missing or corrupt',
  10: 'local I/O: a file, key, certificate, device or port',
  70: 'a defect in moqt',
  127: 'not supported by this build',
  129: 'SIGHUP',
  130: 'SIGINT',
  143: 'SIGTERM',
};
