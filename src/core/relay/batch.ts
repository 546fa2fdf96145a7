import { decodeRun } from '../wire/decode-run.js';
import type { EncodedRun, FragmentRun } from '../wire/encoded-run.js';
import type { ObjectFragment } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import { adaptFragments } from './bridge.js';

/** What a piece costs beside its bytes: objects without payload must not be free. */
const FRAGMENT_COST = 200;
/** Fewer pieces than this are kept as they are: they weigh little. */
const WORTH_PACKING = 8;

/**
 * The pieces that one read from the publisher gave. Payloads are views into what was read; nobody copies them. Small objects
 * weigh several times their payload in headers and views, so a batch that nobody waits for keeps only the bytes in which they
 * came, and makes the pieces again when somebody asks.
 */
export class Batch {
  #pieces: FragmentRun | null;
  readonly #encoded: EncodedRun | undefined;
  readonly #first: ObjectFragment;
  #adapted: Map<DraftProfile, FragmentRun> | undefined;
  /** The last object of which there is a piece. */
  readonly lastObject: bigint;
  readonly cost: number;
  readonly payloadBytes: number;

  constructor(
    fragments: FragmentRun,
    /** On the relay's clock, ms. */
    readonly receivedAt: number,
  ) {
    let payload = 0;
    let properties = 0;
    for (const fragment of fragments) {
      payload += fragment.bytes.length;
      if (fragment.offset === 0) properties += fragment.header.properties.length;
    }
    this.#pieces = fragments;
    this.#encoded = fragments.length < WORTH_PACKING ? undefined : fragments.encoded;
    this.#first = fragments[0] as ObjectFragment;
    this.lastObject = (fragments[fragments.length - 1] as ObjectFragment).header.object;
    this.payloadBytes = payload;
    this.cost = payload + properties + fragments.length * FRAGMENT_COST;
  }

  get fragments(): FragmentRun {
    return this.#pieces ?? decodeRun(this.#encoded as EncodedRun, this.#first);
  }

  /** Lets go of the pieces, where they can be made again. */
  pack(): void {
    if (this.#encoded !== undefined) this.#pieces = null;
  }

  /** As another draft has them; worked out once per draft, whatever the number of subscribers. */
  adaptedTo(to: DraftProfile, from: DraftProfile, leftOut: () => void): FragmentRun {
    this.#adapted ??= new Map();
    let fragments = this.#adapted.get(to);
    if (fragments === undefined) {
      fragments = adaptFragments(from, to, this.fragments, leftOut);
      this.#adapted.set(to, fragments);
    }
    return fragments;
  }
}
