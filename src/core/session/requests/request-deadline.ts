import { MoqtError, type Stage } from '../../errors/moqt-error.js';
import { withSignal } from '../../util/timeout.js';
import type { RequestKind } from '../../wire/messages/control-message.js';
import type { RequestOptions } from '../session.js';
import type { SessionCore } from '../session-core.js';

const STAGES: Readonly<Record<RequestKind, Stage>> = {
  SUBSCRIBE: 'subscribe',
  PUBLISH: 'publish',
  FETCH: 'fetch',
  TRACK_STATUS: 'subscribe',
  PUBLISH_NAMESPACE: 'announce',
  SUBSCRIBE_NAMESPACE: 'subscribe',
  SUBSCRIBE_TRACKS: 'subscribe',
  REQUEST_UPDATE: 'subscribe',
};

/** The stage of the diagnosis that a request belongs to. */
export function stageOf(request: RequestKind): Stage {
  return STAGES[request];
}

/** One deadline over all waits of a request (credit, stream, answer), joined with the caller's signal. */
export class RequestDeadline {
  readonly #controller = new AbortController();
  readonly #release: () => void;

  constructor(core: SessionCore, request: RequestKind, options: RequestOptions | undefined) {
    const timeoutMs = options?.timeoutMs ?? core.timeouts.requestMs;
    const outer = options?.signal;
    const onAbort = (): void => this.#controller.abort(outer?.reason);
    if (outer?.aborted) onAbort();
    else outer?.addEventListener('abort', onAbort, { once: true });
    const timer =
      timeoutMs > 0
        ? core.clock.after(timeoutMs, () => {
            this.#controller.abort(
              new MoqtError('MOQT_E_TIMEOUT', `no answer to ${request} within ${Math.round(timeoutMs)} ms`, {
                stage: stageOf(request),
                cause: 'request.timeout',
                hint: 'raise the request timeout, or check that somebody serves this name',
              }),
            );
          })
        : null;
    this.#release = () => {
      timer?.cancel();
      outer?.removeEventListener('abort', onAbort);
    };
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  race<T>(promise: Promise<T>): Promise<T> {
    return withSignal(promise, this.signal);
  }

  dispose(): void {
    this.#release();
  }
}
