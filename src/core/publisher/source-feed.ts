import type { Clock } from '../util/clock.js';
import type { Interruption } from '../util/interruption.js';
import { ByteCutter } from './byte-cutter.js';
import type { ObjectNumberer } from './group-policy.js';
import type { ObjectPlanner } from './object-planner.js';
import { Pacer } from './pacer.js';
import type { PublishOptions } from './publish-options.js';
import type { LogEntry } from './track-log.js';

/** A piece that is shorter than an object waits so long for the rest when the source pauses. */
const FLUSH_AFTER_MS = 10;

export interface FeedHooks {
  /** Undefined when there is room for more; else resolves once there is. Rejects when there is no point in going on. */
  ready(): Promise<void> | undefined;
  /** Somebody would get an object that is appended now. */
  isHeard(): boolean;
  append(entry: LogEntry): void;
  /** A batch was appended. */
  sent(): void;
}

export interface FeedParts {
  readonly options: PublishOptions;
  readonly objectSize: number;
  /** For bytes and records. */
  readonly numberer: ObjectNumberer;
  /** For placed objects. */
  readonly planner: ObjectPlanner;
  readonly hooks: FeedHooks;
  readonly interruption: Interruption;
  readonly clock: Clock;
}

/** Takes from the source what the subscribers can take, and brings it into the log as objects. */
export class SourceFeed {
  readonly #parts: FeedParts;
  readonly #pacer: Pacer | undefined;
  readonly #limit: number;
  readonly #append: (entry: LogEntry) => void;
  objects = 0;
  bytes = 0;
  unheard = 0;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    const { pace, count } = parts.options;
    this.#pacer = pace === undefined ? undefined : new Pacer(pace);
    this.#limit = count ?? Number.POSITIVE_INFINITY;
    this.#append = (entry) => parts.hooks.append(entry);
  }

  /** Until the source ends or the count is reached. Rejects with the source's error or the interruption's reason. */
  async run(): Promise<void> {
    const { source } = this.#parts.options;
    if (source.kind === 'bytes') await this.#runBytes(source.chunks);
    else if (source.kind === 'records') await this.#runBatches(source.batches, (record) => this.#addBytes(record));
    else {
      const { planner } = this.#parts;
      await this.#runBatches(source.batches, (object) => {
        this.#count(object.payload.length);
        planner.add(object, this.#append);
      });
    }
  }

  async #runBytes(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const cutter = new ByteCutter(this.#parts.objectSize);
    const add = (piece: Uint8Array): void => this.#addBytes(piece);
    let pieces: Uint8Array[] = [];
    const collect = (piece: Uint8Array): void => {
      pieces.push(piece);
    };
    const emit = async (): Promise<void> => {
      const batch = pieces;
      pieces = [];
      await this.#emit(batch, add);
    };
    try {
      await this.#read(
        chunks,
        async (next) => {
          const result =
            cutter.pendingBytes === 0 ? await this.#parts.interruption.guard(next) : await this.#soon(next);
          if (result !== 'late') return result;
          cutter.flush(collect);
          await emit();
          return this.#parts.interruption.guard(next);
        },
        (chunk) => {
          cutter.push(chunk, collect);
          return pieces.length === 0 ? undefined : emit();
        },
      );
    } catch (error) {
      // What was read before goes out, as far as somebody listens.
      cutter.flush(collect);
      if (this.#parts.hooks.isHeard()) this.#addAll(pieces, add);
      throw error;
    }
    cutter.flush(collect);
    await emit();
  }

  async #runBatches<T extends Uint8Array | { readonly payload: Uint8Array }>(
    batches: AsyncIterable<readonly T[]>,
    add: (item: T) => void,
  ): Promise<void> {
    await this.#read(
      batches,
      (next) => this.#parts.interruption.guard(next),
      (batch) => this.#emit(batch, add),
    );
  }

  /** Reads as fast as there is room, and lets go of the source however it ends. */
  async #read<T>(
    source: AsyncIterable<T>,
    wait: (next: Promise<IteratorResult<T>>) => Promise<IteratorResult<T>>,
    take: (item: T) => Promise<void> | undefined,
  ): Promise<void> {
    const iterator = source[Symbol.asyncIterator]();
    let finished = false;
    try {
      while (this.objects < this.#limit) {
        await this.#room();
        await this.#untilDue();
        const result = await wait(iterator.next());
        if (result.done) {
          finished = true;
          return;
        }
        const taken = take(result.value);
        if (taken !== undefined) await taken;
      }
    } finally {
      // A generator that still waits for its input returns only after that, so nobody waits for it here.
      if (!finished) iterator.return?.().catch(() => {});
    }
  }

  /** Nothing is read ahead of its time from a source that makes its objects on demand. */
  async #untilDue(): Promise<void> {
    const { options, clock, interruption } = this.#parts;
    if (this.#pacer === undefined || options.source.kind !== 'records' || !options.source.madeOnDemand) return;
    const wait = this.#pacer.wait(clock.now());
    if (wait > 0) await interruption.guard(new Promise<void>((resolve) => clock.after(wait, resolve)));
  }

  async #room(): Promise<void> {
    const { hooks, clock } = this.#parts;
    const silentSince = hooks.isHeard() ? null : clock.now();
    const pause = hooks.ready();
    if (pause === undefined) return;
    await pause;
    if (silentSince !== null && !this.#parts.options.noWait) this.#pacer?.paused(clock.now() - silentSince);
  }

  /** The next result, or `late` when it does not come within a moment. */
  async #soon<T>(next: Promise<T>): Promise<T | 'late'> {
    return this.#parts.interruption.guard(
      new Promise<T | 'late'>((resolve, reject) => {
        const timer = this.#parts.clock.after(FLUSH_AFTER_MS, () => resolve('late'));
        next.then(resolve, reject).finally(() => timer.cancel());
      }),
    );
  }

  #emit<T extends Uint8Array | { readonly payload: Uint8Array }>(
    batch: readonly T[],
    add: (item: T) => void,
  ): Promise<void> | undefined {
    if (this.#pacer !== undefined) return this.#emitPaced(batch, add, this.#pacer);
    const { hooks, options } = this.#parts;
    // Read while the last subscriber left: it is kept for the next one.
    if (!options.noWait && !hooks.isHeard()) return this.#room().then(() => this.#addAll(batch, add));
    this.#addAll(batch, add);
    return undefined;
  }

  #addAll<T>(batch: readonly T[], add: (item: T) => void): void {
    for (const item of batch) {
      if (this.objects >= this.#limit) break;
      add(item);
    }
    this.#parts.hooks.sent();
  }

  async #emitPaced<T extends Uint8Array | { readonly payload: Uint8Array }>(
    batch: readonly T[],
    add: (item: T) => void,
    pacer: Pacer,
  ): Promise<void> {
    const { clock, interruption, hooks } = this.#parts;
    for (const item of batch) {
      if (this.objects >= this.#limit) return;
      await this.#room();
      const size = item instanceof Uint8Array ? item.length : item.payload.length;
      const delay = pacer.delay(clock.now(), size);
      if (delay > 0) await interruption.guard(new Promise<void>((resolve) => clock.after(delay, resolve)));
      add(item);
      hooks.sent();
    }
  }

  #addBytes(payload: Uint8Array): void {
    this.#count(payload.length);
    this.#parts.numberer.add(payload, this.#append);
  }

  #count(bytes: number): void {
    this.objects++;
    this.bytes += bytes;
    if (!this.#parts.hooks.isHeard()) this.unheard++;
  }
}
