import type { ObjectFragment } from '../../wire/messages/object.js';
import { DEFAULT_PRIORITY } from '../../wire/subgroup.js';
import type { ObservedObject, SessionObserver } from '../observer.js';
import type { OutgoingObject, OutgoingSubgroupHeader } from '../session.js';

/** Tells an observer of one subgroup stream that we write. */
export class SubgroupTap {
  #object: ObservedObject | null = null;
  #payloadLength = 0;
  #isClosed = false;

  constructor(
    private readonly observer: SessionObserver,
    private readonly streamId: bigint,
    private readonly header: OutgoingSubgroupHeader,
    private readonly trackAlias: bigint,
  ) {}

  opened(bytes: Uint8Array): void {
    const { streamId, trackAlias } = this;
    const { group, subgroup } = this.header;
    this.observer.streamOpened({
      streamId,
      direction: 'sent',
      type: 'subgroup',
      trackAlias,
      group,
      subgroup,
      header: bytes,
    });
  }

  /** @param payload all of it, or null when it follows. */
  object({ object, status = 'normal' }: OutgoingObject, payloadLength: number, payload: Uint8Array | null): void {
    const { group, priority } = this.header;
    const observed = { streamId: this.streamId, group, object, priority: priority ?? DEFAULT_PRIORITY, status };
    this.#object = observed;
    this.#payloadLength = payloadLength;
    this.observer.objectSent(observed, payloadLength, payload);
  }

  payload(bytes: Uint8Array, complete: boolean): void {
    if (this.#object !== null) this.observer.payloadSent(this.#object, bytes, complete, this.#payloadLength);
  }

  /** What is passed on has the priority of the stream that it leaves on. */
  fragments(pieces: readonly ObjectFragment[]): void {
    this.observer.fragments(this.streamId, pieces, this.header.priority ?? DEFAULT_PRIORITY);
  }

  /** A reset may follow an end that has not been delivered yet: the stream was closed already. */
  closed(code: bigint): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.observer.streamClosed(this.streamId, code);
  }
}
