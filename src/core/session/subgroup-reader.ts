import type { RecvStream } from '../transport/transport.js';
import type { FragmentRun } from '../wire/encoded-run.js';
import type { SubgroupHeader } from '../wire/messages/object.js';
import type { SubgroupDecoder } from '../wire/subgroup.js';
import { codeFor } from './codes.js';
import type { OwnedSubgroup } from './data-streams.js';
import type { SessionCore } from './session-core.js';

/** A subgroup stream that is being read on demand: what nobody asks for stays with the transport and holds the peer back. */
export class SubgroupReader implements OwnedSubgroup {
  onEnd: (() => void) | null = null;
  #first: FragmentRun | null;
  #ended = false;

  constructor(
    private readonly core: SessionCore,
    private readonly stream: RecvStream,
    private readonly decoder: SubgroupDecoder,
    /** What the bytes with the stream's header held beyond it. */
    first: FragmentRun,
  ) {
    this.#first = first.length > 0 ? first : null;
  }

  get header(): SubgroupHeader {
    return this.decoder.header as SubgroupHeader;
  }

  async read(): Promise<FragmentRun | null> {
    const first = this.#first;
    if (first !== null) {
      this.#first = null;
      return first;
    }
    if (this.#ended) return null;
    try {
      for (;;) {
        const chunk = await this.stream.read();
        if (chunk === null) {
          // A read that was pending when the stream was stopped ends the same way as FIN does.
          if (!this.#ended) this.decoder.finish();
          this.#end();
          return null;
        }
        const fragments = this.decoder.push(chunk);
        if (this.decoder.failure !== null) this.core.failWith(this.decoder.failure);
        if (fragments.length > 0) return fragments;
      }
    } catch (error) {
      this.#end();
      if (error === this.decoder.failure) this.core.failWith(error);
      throw error;
    }
  }

  stop(name = 'CANCELLED'): void {
    this.#first = null;
    if (this.#ended) return;
    this.#end();
    this.stream.stop(codeFor(this.core.profile, 'stream-reset', name).code);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onEnd?.();
  }
}
