import type { RecvStream } from '../../transport/transport.js';
import { StreamReset } from '../../transport/transport-errors.js';
import type { FragmentRun } from '../../wire/encoded-run.js';
import type { SubgroupHeader } from '../../wire/messages/object.js';
import type { SubgroupDecoder } from '../../wire/subgroup.js';
import { codeFor } from '../codes.js';
import type { SessionObserver } from '../observer.js';
import type { SessionCore } from '../session-core.js';
import type { OwnedSubgroup } from './data-streams.js';

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
    /** The bytes of that header, for an observer. */
    raw: Uint8Array | null,
  ) {
    this.#first = first.length > 0 ? first : null;
    if (core.observer !== null) this.#observeFirst(core.observer, raw, first);
  }

  get header(): SubgroupHeader {
    return this.decoder.header as SubgroupHeader;
  }

  get atEnd(): boolean {
    return this.#first === null && !this.#ended && this.stream.atEnd;
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
          this.#end(0n);
          return null;
        }
        const fragments = this.decoder.push(chunk);
        if (this.decoder.failure !== null) this.core.failWith(this.decoder.failure);
        if (fragments.length > 0) {
          this.core.observer?.fragments(this.stream.id, fragments);
          return fragments;
        }
      }
    } catch (error) {
      this.#end(error instanceof StreamReset ? error.code : null);
      if (error === this.decoder.failure) this.core.failWith(error);
      throw error;
    }
  }

  stop(name = 'CANCELLED'): void {
    this.#first = null;
    if (this.#ended) return;
    const { code } = codeFor(this.core.profile, 'stream-reset', name);
    this.#end(code);
    this.stream.stop(code);
  }

  #observeFirst(observer: SessionObserver, raw: Uint8Array | null, first: FragmentRun): void {
    const { trackAlias, group, subgroup } = this.header;
    const header = raw === null ? {} : { header: raw };
    const streamId = this.stream.id;
    observer.streamOpened({
      streamId,
      direction: 'received',
      type: 'subgroup',
      trackAlias,
      group,
      subgroup,
      ...header,
    });
    if (first.length > 0) observer.fragments(streamId, first);
  }

  /** @param code null: the session is closing. */
  #end(code: bigint | null): void {
    if (this.#ended) return;
    this.#ended = true;
    if (code !== null) this.core.observer?.streamClosed(this.stream.id, code);
    this.onEnd?.();
  }
}
