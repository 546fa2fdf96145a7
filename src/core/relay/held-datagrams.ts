import type { DatagramObject } from '../wire/messages/object.js';
import type { Upstream } from './upstream.js';

/** With so many held, somebody has been about to join for very long. */
const MAX_HELD = 1024;

/**
 * Datagrams that came while the first subscribers were about to join. Streams wait in the transport meanwhile; a datagram
 * that is not held would be gone, and a publisher may send the first with its SUBSCRIBE_OK.
 */
export class HeldDatagrams {
  readonly #held: [Upstream, DatagramObject][] = [];

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  /** False when there is no room. */
  hold(from: Upstream, object: DatagramObject): boolean {
    if (this.#held.length >= MAX_HELD) return false;
    this.#held.push([from, object]);
    return true;
  }

  /** All of them, in the order in which they came; they are held no longer. */
  takeAll(): [Upstream, DatagramObject][] {
    return this.#held.splice(0);
  }
}
