import { type Clock, systemClock } from '../../util/clock.js';

/** Waits for `promise` to settle, at most `ms`; says whether it did. Its outcome is of no interest and never thrown. */
export function settlesWithin(promise: Promise<unknown>, ms: number, clock: Clock = systemClock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, () => resolve(false), { background: true });
    const settled = (): void => {
      timer.cancel();
      resolve(true);
    };
    promise.then(settled, settled);
  });
}
