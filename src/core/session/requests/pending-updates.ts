import { SessionClosed } from '../../transport/transport-errors.js';
import { type Deferred, deferred, ignorable } from '../../util/deferred.js';
import type { RequestError, RequestOk } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { SessionCloseInfo } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { RequestCancelled } from '../session-errors.js';
import { rejectionError } from './rejection.js';

/** REQUEST_UPDATEs that await their answer: by Request ID where answers carry it, else in order. */
export class PendingUpdates {
  readonly #waiting = new Map<bigint, Deferred<Parameters>>();

  constructor(private readonly core: SessionCore) {}

  add(requestId: bigint): Promise<Parameters> {
    const answer = deferred<Parameters>();
    this.#waiting.set(requestId, answer);
    return ignorable(answer.promise);
  }

  has(requestId: bigint): boolean {
    return this.#waiting.has(requestId);
  }

  /** False when nothing awaits this answer. Without an ID it is for the oldest update. */
  answer(message: RequestOk | RequestError, named?: bigint): boolean {
    const requestId = named ?? this.#oldest();
    const waiting = requestId === undefined ? undefined : this.#waiting.get(requestId);
    if (requestId === undefined || waiting === undefined) return false;
    this.#waiting.delete(requestId);
    if (message.type === 'REQUEST_OK') waiting.resolve(message.parameters);
    else waiting.reject(rejectionError(this.core, 'REQUEST_UPDATE', message));
    return true;
  }

  /** The request that was to be updated is over. */
  end(close?: SessionCloseInfo): void {
    const reason =
      close === undefined
        ? new RequestCancelled('the request ended before its update was answered')
        : new SessionClosed(close);
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
    this.#waiting.clear();
  }

  #oldest(): bigint | undefined {
    for (const id of this.#waiting.keys()) return id;
    return undefined;
  }
}
