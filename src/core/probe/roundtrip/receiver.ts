import type { IncomingSubgroup, SubscriptionSink } from '../../session/session.js';
import { concatBytes } from '../../util/bytes.js';
import type { DatagramObject, ObjectFragment } from '../../wire/messages/object.js';
import type { Tally } from './tally.js';

/** Takes the objects of a round trip as they come and counts them. */
export class Receiver implements SubscriptionSink {
  constructor(
    private readonly tally: Tally,
    /** More than this is no object of ours: it is not kept. */
    private readonly maxObjectBytes: number,
  ) {}

  onSubgroup(stream: IncomingSubgroup): void {
    void this.#read(stream);
  }

  onDatagram({ header, payload }: DatagramObject): void {
    if (header.status === 'normal') this.tally.onObject(header.group, header.object, payload, performance.now());
  }

  async #read(stream: IncomingSubgroup): Promise<void> {
    const pieces = new Pieces(this.tally, this.maxObjectBytes);
    try {
      for (let run = await stream.read(); run !== null; run = await stream.read()) {
        const now = performance.now();
        for (const fragment of run) pieces.take(fragment, now);
      }
    } catch {
      // A reset: what it cut off is counted below, what never came is lost.
    }
    pieces.end();
  }
}

/** The object of a stream that is under way. */
class Pieces {
  #chunks: Uint8Array[] = [];
  #current: ObjectFragment['header'] | null = null;

  constructor(
    private readonly tally: Tally,
    private readonly maxBytes: number,
  ) {}

  take({ header, bytes, complete }: ObjectFragment, now: number): void {
    if (header.status !== 'normal') return;
    this.#current = header;
    if (header.payloadLength <= this.maxBytes) this.#chunks.push(bytes);
    if (!complete) return;
    const payload = this.#chunks.length === 1 ? (this.#chunks[0] as Uint8Array) : concatBytes(this.#chunks);
    this.#chunks = [];
    this.#current = null;
    this.tally.onObject(header.group, header.object, payload, now);
  }

  end(): void {
    if (this.#current !== null) this.tally.onPartial(this.#current.group, this.#current.object);
  }
}
