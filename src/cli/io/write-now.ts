import { writeSync } from 'node:fs';

/** A line of stdout at the end of a process that waits for nothing any more. */
export function writeNow(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch {
    // Whoever read it has gone, or is too slow: the exit code says it, too.
  }
}
