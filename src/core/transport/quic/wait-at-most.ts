import { LONGEST_DELAY_MS } from './loss-timer.js';

/**
 * Waits for `promise` to settle, but not longer than `ms`; its outcome does not matter. The wait keeps the process alive:
 * somebody has asked for what comes behind it.
 */
export async function waitAtMost(promise: Promise<unknown>, ms: number): Promise<void> {
  if (ms <= 0) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, LONGEST_DELAY_MS));
  });
  const settled = promise.then(
    () => {},
    () => {},
  );
  await Promise.race([settled, late]);
  clearTimeout(timer);
}
