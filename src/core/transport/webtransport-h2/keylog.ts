import { appendFileSync } from 'node:fs';

/** Appends a line of the NSS key log format, readable by its owner only. */
export function appendKeys(path: string, line: Buffer): void {
  try {
    appendFileSync(path, line, { mode: 0o600 });
  } catch {
    // A log for debugging never ends a connection. The command line has checked that the file can be written.
  }
}
