import type { RecvStream } from '../../transport/transport.js';
import { StreamReset } from '../../transport/transport-errors.js';
import { concatBytes } from '../../util/bytes.js';
import { afterTurn } from '../../util/turn.js';
import { decodeDatagram } from '../../wire/datagram.js';
import type { FragmentRun } from '../../wire/encoded-run.js';
import type { DatagramObject } from '../../wire/messages/object.js';
import { DEFAULT_PRIORITY, SubgroupDecoder } from '../../wire/subgroup.js';
import { identifyUniStream } from '../../wire/uni-stream.js';
import { codeFor } from '../codes.js';
import type { IncomingSubgroup } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { type AliasOwner, AliasTable } from './alias-table.js';
import { EarlyData } from './early-data.js';
import { ExpirySet } from './expiry-set.js';
import { SharedSubgroup } from './shared-subgroup.js';
import { SubgroupReader } from './subgroup-reader.js';

/** A stream that tells its owner when it is over. */
export interface OwnedSubgroup extends IncomingSubgroup {
  /** Called once, when nothing more will come. */
  onEnd: (() => void) | null;
}

/** A subscription as the data plane sees it. */
export interface ObjectReceiver extends AliasOwner {
  onSubgroup(stream: OwnedSubgroup): void;
  onDatagram(object: DatagramObject): void;
}

/** Where FETCH streams go. */
export interface FetchRouter {
  /** The stream of a fetch, with the bytes read so far. */
  onFetchStream(stream: RecvStream, bytes: Uint8Array): void;
  /** A stream was reset before it said what it is. */
  onUnknownReset(code: bigint): void;
}

/** How long the header of a stream may take once the stream has appeared, ms. It fits the first packet. */
const HEADER_TIMEOUT_MS = 30_000;

/** Receives unidirectional streams and datagrams, and finds out whose they are. */
export class DataPlane {
  readonly aliases: AliasTable<ObjectReceiver>;
  readonly early: EarlyData;
  /** A stream was reset with this code before SETUP, and nothing can be said of it: a reset may overtake the bytes. */
  resetBeforeSetup: bigint | null = null;
  /** Streams whose header has not arrived. */
  readonly #identifying: ExpirySet<RecvStream>;
  /** What came before the peer's SETUP. */
  #held: (() => void)[] | null = [];
  #heldDatagrams: Uint8Array[] = [];
  /** Streams that are held without having been looked at. */
  #unread: RecvStream[] = [];
  #priorityUnknown = false;

  constructor(
    private readonly core: SessionCore,
    private readonly fetches: FetchRouter,
    /** Takes the peer's control stream where that is unidirectional (17+), with the bytes read so far. */
    private readonly onControl: ((stream: RecvStream, bytes: Uint8Array) => void) | null,
  ) {
    this.aliases = new AliasTable(core.limits.maxTombstones);
    this.early = new EarlyData(core.limits, core.clock, (alias) => this.aliases.isReserved(alias));
    this.#identifying = new ExpirySet(core.clock, HEADER_TIMEOUT_MS, (stream) => {
      core.notice('stream-header-timeout', `stream ${stream.id} brought no header in ${HEADER_TIMEOUT_MS} ms`);
      this.#stop(stream, 'CANCELLED');
    });
    core.onShutdown(() => {
      this.early.clear();
      this.#identifying.clear();
      this.#held = null;
      this.#unread = [];
    });
  }

  /** Begins to take what the peer sends. Data waits for `ready`; a control stream is found at once. */
  start(): void {
    this.core.transport.onIncomingUni((stream) => this.#onStream(stream));
    this.core.transport.onDatagram((bytes) => this.#onDatagram(bytes));
  }

  /** SETUP is complete. */
  ready(): void {
    const held = this.#held ?? [];
    const datagrams = this.#heldDatagrams;
    this.#held = null;
    this.#heldDatagrams = [];
    this.#unread = [];
    for (const go of held) go();
    for (const bytes of datagrams) this.#onDatagram(bytes);
  }

  #onStream(stream: RecvStream): void {
    if (this.core.ending !== null) return;
    // Before SETUP a stream need only be looked at where it could be the control stream.
    if (this.#held !== null && this.onControl === null) {
      if (this.#held.length < this.core.limits.maxEarlyStreams) this.#unread.push(stream);
      this.#hold(stream, () => void this.#identify(stream));
    } else void this.#identify(stream);
  }

  /** Keeps for diagnosis what the streams begin with that wait for SETUP unread; nothing else can read them afterwards. */
  async keepUnread(): Promise<void> {
    const nothing = new Promise<null>((resolve) => afterTurn(() => resolve(null)));
    const firsts = this.#unread.map((stream) => Promise.race([stream.read(), nothing]).catch(() => null));
    for (const bytes of await Promise.all(firsts)) if (bytes !== null) this.core.keepForDiagnosis(bytes);
  }

  #hold(stream: RecvStream, go: () => void): void {
    const held = this.#held;
    if (held === null) go();
    else if (held.length < this.core.limits.maxEarlyStreams) held.push(go);
    else {
      this.core.notice(
        'early-stream-dropped',
        `stream ${stream.id} came before SETUP, when too many were held already`,
      );
      this.#stop(stream, 'CANCELLED');
    }
  }

  async #identify(stream: RecvStream): Promise<void> {
    this.#identifying.add(stream);
    let bytes: Uint8Array | null = null;
    let kind: 'control' | 'subgroup' | 'fetch' | 'padding' | null = null;
    try {
      while (kind === null) {
        const chunk = await stream.read();
        if (chunk === null) {
          this.#endedEarly(stream, bytes);
          return;
        }
        bytes = bytes === null ? chunk : concatBytes([bytes, chunk]);
        if (this.#held !== null) this.core.keepForDiagnosis(bytes);
        kind = identifyUniStream(this.core.profile, bytes)?.kind ?? null;
      }
      if (kind === 'subgroup') {
        await this.#subgroup(stream, bytes as Uint8Array);
        return;
      }
    } catch (error) {
      this.#identifying.delete(stream);
      if (error instanceof StreamReset) {
        this.core.count('stream-reset-before-header');
        if (this.#held !== null) this.resetBeforeSetup ??= error.code;
        else this.fetches.onUnknownReset(error.code);
      } else this.core.failWith(error);
      return;
    }
    this.#identifying.delete(stream);
    this.#dispatch(stream, kind, bytes as Uint8Array);
  }

  #dispatch(stream: RecvStream, kind: 'control' | 'fetch' | 'padding', bytes: Uint8Array): void {
    if (kind === 'padding') void this.#discard(stream);
    else if (kind === 'fetch') {
      if (this.#held === null) this.fetches.onFetchStream(stream, bytes);
      else this.#hold(stream, () => this.fetches.onFetchStream(stream, bytes));
    } else if (this.onControl !== null) this.onControl(stream, bytes);
    else this.core.fail('PROTOCOL_VIOLATION', 'a unidirectional control stream, which this draft does not have');
  }

  /** Reads on until the header is complete, and hands the stream to its owners, or keeps it for them. */
  async #subgroup(stream: RecvStream, firstBytes: Uint8Array): Promise<void> {
    if (this.#held !== null) {
      this.#identifying.delete(stream);
      this.#hold(stream, () => {
        this.#identifying.add(stream);
        void this.#subgroup(stream, firstBytes).catch((error) => this.#lost(stream, error));
      });
      return;
    }
    let bytes = firstBytes;
    this.#priorityUnknown = false;
    let decoder = new SubgroupDecoder(this.core.profile, this.core.limits, this.#priorityOf);
    let fragments = decoder.push(bytes);
    while (decoder.header === null) {
      const chunk = await stream.read();
      if (chunk === null) {
        this.#endedEarly(stream, bytes);
        return;
      }
      bytes = concatBytes([bytes, chunk]);
      this.#priorityUnknown = false;
      decoder = new SubgroupDecoder(this.core.profile, this.core.limits, this.#priorityOf);
      fragments = decoder.push(bytes);
    }
    this.#identifying.delete(stream);
    if (decoder.failure !== null) this.core.failWith(decoder.failure);
    const raw = this.core.observer === null ? null : bytes.subarray(0, decoder.headerLength);
    this.#route(stream, decoder, fragments, this.#priorityUnknown ? bytes : null, raw);
  }

  /**
   * @param undecoded the bytes again, when their objects could not be given the priority of a track yet unknown.
   * @param raw the bytes of the header, for an observer.
   */
  #route(
    stream: RecvStream,
    decoder: SubgroupDecoder,
    fragments: FragmentRun,
    undecoded: Uint8Array | null,
    raw: Uint8Array | null,
  ): void {
    const alias = decoder.header?.trackAlias as bigint;
    const found = this.aliases.lookup(alias);
    if (found.kind === 'owned') {
      this.#deliver(found.owners, new SubgroupReader(this.core, stream, decoder, fragments, raw));
    } else if (found.kind === 'torn-down') {
      this.core.count('late-stream');
      this.#stop(stream, 'CANCELLED');
    } else {
      this.core.count('early-stream');
      this.early.hold({
        kind: 'stream',
        alias,
        deliver: () => {
          if (undecoded === null) this.#route(stream, decoder, fragments, null, raw);
          else void this.#subgroup(stream, undecoded).catch((error) => this.#lost(stream, error));
        },
        drop: (why) => {
          this.core.notice('unknown-alias-dropped', `stream ${stream.id} of alias ${alias} was dropped: ${why}`);
          this.#stop(stream, 'CANCELLED');
        },
      });
    }
  }

  #deliver(owners: readonly ObjectReceiver[], reader: SubgroupReader): void {
    const [only] = owners;
    if (owners.length === 1) {
      only?.onSubgroup(reader);
      return;
    }
    const { readers } = new SharedSubgroup(reader, owners.length);
    [...owners].forEach((owner, i) => {
      owner.onSubgroup(readers[i] as OwnedSubgroup);
    });
  }

  #onDatagram(bytes: Uint8Array): void {
    if (this.core.ending !== null) return;
    if (this.#held !== null) {
      if (this.#heldDatagrams.length < this.core.limits.maxEarlyDatagrams) this.#heldDatagrams.push(bytes);
      else this.core.notice('datagram-dropped', 'a datagram came before SETUP, when too many were held already');
      return;
    }
    this.#priorityUnknown = false;
    let decoded: ReturnType<typeof decodeDatagram>;
    try {
      decoded = decodeDatagram(this.core.profile, bytes, this.#priorityOf);
    } catch (error) {
      this.core.failWith(error);
      return;
    }
    if (decoded.kind === 'padding') return;
    const { trackAlias: alias, object } = decoded;
    const found = this.aliases.lookup(alias);
    if (found.kind === 'owned') {
      this.core.observer?.datagram('received', alias, object);
      for (const owner of found.owners) owner.onDatagram(object);
    } else if (found.kind === 'torn-down') this.core.count('late-datagram');
    else {
      this.core.count('early-datagram');
      this.early.hold({
        kind: 'datagram',
        alias,
        deliver: () => this.#onDatagram(bytes),
        drop: (why) => this.core.notice('unknown-alias-dropped', `a datagram of alias ${alias} was dropped: ${why}`),
      });
    }
  }

  /** Bound once: it is handed to a decoder per stream. */
  readonly #priorityOf = (alias: bigint): number => {
    const priority = this.aliases.defaultPriority(alias);
    if (priority !== null) return priority;
    this.#priorityUnknown = true;
    return DEFAULT_PRIORITY;
  };

  #endedEarly(stream: RecvStream, bytes: Uint8Array | null): void {
    // A stream that is stopped reads as ended; the expiry has taken it out then.
    if (!this.#identifying.delete(stream)) return;
    if (bytes === null) this.core.count('empty-stream');
    else this.core.fail('PROTOCOL_VIOLATION', `stream ${stream.id} ended within its header`);
  }

  #lost(stream: RecvStream, error: unknown): void {
    this.#identifying.delete(stream);
    if (error instanceof StreamReset) this.core.count('stream-reset-before-header');
    else this.core.failWith(error);
  }

  /** Padding must be read, or it would use up the connection's flow control (draft-18 §11.5.1). */
  async #discard(stream: RecvStream): Promise<void> {
    this.core.count('padding-stream');
    try {
      while ((await stream.read()) !== null);
    } catch {
      // However it ends: there is nothing in it.
    }
  }

  #stop(stream: RecvStream, name: string): void {
    stream.stop(codeFor(this.core.profile, 'stream-reset', name).code);
  }
}
