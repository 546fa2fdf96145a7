import { type Clock, systemClock } from './clock.js';

/**
 * Settles as `promise` does, or rejects with `makeError()` once `ms` have passed; 0 waits for ever. The timer is cleared
 * whatever happens, and a rejection of `promise` that comes too late is swallowed: the work behind it is for the caller to
 * cancel.
 */
export async function withTimeout<T>(
  promise: Promise<T>,
  ms: number,
  makeError: () => Error,
  clock: Clock = systemClock,
): Promise<T> {
  if (ms === 0) return promise;
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(ms, () => reject(makeError()));
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (reason: unknown) => {
        timer.cancel();
        reject(reason);
      },
    );
  });
}

/**
 * Waits for `promise` to settle, at most `ms`; says whether it did. Its outcome is of no interest and never thrown. The wait
 * keeps the process alive unless `background`.
 */
export function settlesWithin(
  promise: Promise<unknown>,
  ms: number,
  { background = false, clock = systemClock }: { background?: boolean; clock?: Clock } = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(Math.max(0, ms), () => resolve(false), { background });
    const settled = (): void => {
      timer.cancel();
      resolve(true);
    };
    promise.then(settled, settled);
  });
}

/**
 * Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. A late rejection of `promise` is
 * swallowed. The listener is removed whatever happens.
 */
export async function withSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) {
      promise.catch(() => {});
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
