type LastResort = (thrown: unknown) => never;

let running: LastResort | null = null;

/** Says how the command that runs ends when an error reaches nobody. */
export function setLastResort(end: LastResort): void {
  running = end;
}

/** Ends as the running command wants; returns where none runs yet. */
export function takeLastResort(thrown: unknown): void {
  running?.(thrown);
}
