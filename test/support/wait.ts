import { withTimeout } from '../../src/core/util/timeout.js';

/** Far beyond what anything takes: reached only by what never comes. */
const DEADLINE_MS = 30_000;

/** The promise's outcome, or an error that says what never came. */
export async function soon<T>(promise: Promise<T>, what: string, ms = DEADLINE_MS): Promise<T> {
  return withTimeout(promise, ms, () => new Error(`did not happen within ${ms} ms: ${what}`));
}

/** Waits until `condition` gives something other than undefined and false, looking again after every turn of the event loop. */
export async function eventually<T>(
  condition: () => T | undefined | false,
  what: string,
  ms = DEADLINE_MS,
): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`did not happen within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** True when the promise is still undecided after `ms`: for things that must not happen, so never longer than needed. */
export async function staysPending(promise: Promise<unknown>, ms = 50): Promise<boolean> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return !settled;
}
