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

const ATTEMPTS = 10;

/**
 * For what must happen in time, as keeping a connection alive: a failure while this process was kept from running for
 * `heldUpMs` or longer shows nothing, and `attempt` is made again.
 */
export async function unlessHeldUp<T>(heldUpMs: number, attempt: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS; ; left--) {
    let longest = 0;
    let last = performance.now();
    const look = (): void => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    };
    const watch = setInterval(look, 5);
    try {
      return await attempt();
    } catch (error) {
      look();
      if (longest < heldUpMs || left === 1) throw error;
    } finally {
      clearInterval(watch);
    }
  }
}
