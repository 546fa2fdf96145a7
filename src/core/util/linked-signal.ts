export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Lets go of both sources. Idempotent. */
  dispose(): void;
}

/**
 * A signal that aborts when either of two does, with that one's reason. AbortSignal.any would leave a trace in the
 * longer-lived signal for every call, for as long as that lives; here it ends with `dispose`.
 */
export function linkSignals(a: AbortSignal, b: AbortSignal): LinkedSignal {
  const controller = new AbortController();
  const sources = [a, b];
  const dispose = (): void => {
    for (const source of sources) source.removeEventListener('abort', onAbort);
  };
  const onAbort = (): void => {
    dispose();
    controller.abort(sources.find(({ aborted }) => aborted)?.reason);
  };
  if (a.aborted || b.aborted) onAbort();
  else for (const source of sources) source.addEventListener('abort', onAbort);
  return { signal: controller.signal, dispose };
}
