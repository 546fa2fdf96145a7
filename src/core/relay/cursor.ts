import type { OutgoingSubgroup, OutgoingSubgroupHeader, Publication } from '../session/session.js';
import { RequestCancelled } from '../session/session-errors.js';
import { SessionClosed, StreamReset, StreamStopped } from '../transport/transport-errors.js';
import type { Clock, Timer } from '../util/clock.js';
import type { FragmentRun } from '../wire/encoded-run.js';
import type { Location } from '../wire/location.js';
import type { DraftProfile } from '../wire/profile.js';
import { EncodeError, WireError } from '../wire/wire-error.js';
import type { Batch } from './batch.js';
import { needsAdapting, resetCode } from './bridge.js';
import type { LogReader, SubgroupLog } from './subgroup-log.js';
import type { Tally } from './tally.js';
import type { UnsentStreams } from './unsent-streams.js';
import { writeFragments } from './write-fragments.js';

/** The subscription that a cursor works for. */
export interface CursorOwner {
  readonly publication: Publication;
  readonly profile: DraftProfile;
  /** Objects before it are not sent. */
  readonly floor: Location;
  readonly clock: Clock;
  readonly tally: Tally;
  /** ms; 0 is none. */
  readonly objectTimeoutMs: number;
  readonly subgroupTimeoutMs: number;
  /** What was ended and not yet taken by the transport. */
  readonly unsent: UnsentStreams;
  /** More, or less when negative, is waiting that was read because another subscriber was faster. */
  addLag(bytes: number, streams: number): void;
  progressed(): void;
  left(cursor: Cursor): void;
  /** Something that cannot happen. */
  report(error: unknown): void;
}

/**
 * One subscriber's way through one subgroup: takes batches from the log and writes them to a stream of its own. At any
 * time it is idle (has taken all), busy (waits for the transport, or for stream credit) or gone.
 */
export class Cursor implements LogReader {
  position: number;
  #out: OutgoingSubgroup | null = null;
  #state: 'new' | 'idle' | 'busy' | 'gone' = 'new';
  /** Pieces are left out until an object begins that is not before the floor. */
  #selecting: boolean;
  #skipped = false;
  readonly #adapting: boolean;
  /** Batches from this index on were appended while this cursor was busy: they are its lag. */
  #firstLagging = Number.POSITIVE_INFINITY;
  #lag = 0;
  #lagsAsStream = false;
  #opening: AbortController | null = null;
  #deadline: Timer | null = null;

  /** `start`: from the oldest batch that is there; `next`: from the next object. */
  constructor(
    private readonly owner: CursorOwner,
    readonly log: SubgroupLog,
    from: 'start' | 'next',
  ) {
    this.position = from === 'start' ? log.base : log.length;
    this.#skipped = this.position > 0;
    this.#selecting = this.#skipped || log.group === owner.floor.group;
    this.#adapting = needsAdapting(log.profile, owner.profile, log.header.hasProperties);
  }

  start(): void {
    this.log.add(this);
    this.#limitDelivery();
    this.#advance();
  }

  onBatch(batch: Batch): void {
    if (this.#state === 'idle') {
      this.#advance();
      return;
    }
    if (this.#state !== 'busy') return;
    if (this.#firstLagging === Number.POSITIVE_INFINITY) this.#firstLagging = this.log.length - 1;
    this.#lag += batch.cost;
    this.owner.addLag(batch.cost, 0);
  }

  onEnd(): void {
    this.#limitDelivery();
    // FIN goes with the bytes that still wait in the stream's queue: on its own it would have to wait for them to arrive.
    if (this.takesEnd && this.log.end?.kind === 'fin') {
      this.owner.unsent.hold(this.#out as OutgoingSubgroup);
      this.#advance();
    } else if (this.#state === 'idle') this.#advance();
    else if (this.#state === 'busy') {
      this.#lagsAsStream = true;
      this.owner.addLag(0, 1);
    }
  }

  /** It is busy only because the stream's queue is full: all that the log has is in there, and so may the end be. */
  get takesEnd(): boolean {
    if (this.#state !== 'busy' || this.position < this.log.length) return false;
    return this.#out?.writeFragments !== undefined && this.owner.unsent.mayHold(this.#out);
  }

  /** Resets the stream, if there is one, and leaves the log. `code` is a name of the stream-reset codes. */
  abort(code: string): void {
    if (this.#state === 'gone') return;
    this.#deadline?.cancel();
    this.#reset(code);
    this.#leave();
  }

  /** What it would take from the log if it could, in bytes. */
  get backlog(): number {
    let cost = 0;
    for (let i = Math.max(this.position, this.log.base); i < this.log.length; i++) cost += this.log.at(i).cost;
    return cost;
  }

  #advance(): void {
    const { log } = this;
    try {
      while (this.position < log.length) {
        // One that is open has a queue of its own, and others may be waiting for it to end.
        const room = this.#out === null ? this.owner.unsent.room() : undefined;
        if (room !== undefined) {
          this.#busyUntil(room);
          return;
        }
        const batch = log.at(this.position);
        if (this.position >= this.#firstLagging) this.#reduceLag(batch.cost);
        this.position++;
        const wait = this.#take(batch);
        if (this.#isGone) return;
        if (wait !== undefined) {
          this.#busyUntil(wait);
          return;
        }
      }
      const last = log.end === null ? undefined : this.#finish();
      if (last !== undefined) this.#busyUntil(last);
      else if (log.end !== null) this.#leave();
      else {
        this.#state = 'idle';
        this.#firstLagging = Number.POSITIVE_INFINITY;
        log.markIdle(this);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** TypeScript narrows #state across calls that change it. */
  get #isGone(): boolean {
    return this.#state === 'gone';
  }

  #busyUntil(wait: Promise<void>): void {
    this.#state = 'busy';
    this.log.markBusy(this);
    wait.then(
      () => {
        if (this.#isGone) return;
        this.owner.progressed();
        this.#advance();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #take(batch: Batch): Promise<void> | undefined {
    const { owner, log } = this;
    let fragments = this.#adapting
      ? batch.adaptedTo(owner.profile, log.profile, () => owner.tally.statusesLeftOut++)
      : batch.fragments;
    if (this.#selecting) fragments = this.#select(fragments);
    if (fragments.length === 0) return undefined;
    if (owner.objectTimeoutMs > 0 && owner.clock.now() - batch.receivedAt > owner.objectTimeoutMs) {
      owner.tally.deliveryTimeouts++;
      this.abort('DELIVERY_TIMEOUT');
      return undefined;
    }
    owner.tally.bytesSent += batch.payloadBytes;
    const out = this.#out ?? this.#tryOpen();
    return out === null
      ? this.#openThen((opened) => writeFragments(opened, fragments))
      : writeFragments(out, fragments);
  }

  #select(fragments: FragmentRun): FragmentRun {
    const { floor } = this.owner;
    const floored = this.log.group === floor.group;
    const first = fragments.findIndex(
      ({ header, offset }) => offset === 0 && !(floored && header.object < floor.object),
    );
    if (first !== 0) this.#skipped = true;
    if (first < 0) return [];
    this.#selecting = false;
    return first === 0 ? fragments : fragments.slice(first);
  }

  get #header(): OutgoingSubgroupHeader {
    const { log } = this;
    return {
      group: log.group,
      subgroup: log.subgroup,
      priority: log.priority,
      hasProperties: log.header.hasProperties,
      endOfGroup: log.header.endOfGroup,
      firstObject: log.header.firstObject && !this.#skipped,
    };
  }

  #tryOpen(): OutgoingSubgroup | null {
    const out = this.owner.publication.tryOpenSubgroup(this.#header);
    if (out !== null) this.#opened(out);
    return out;
  }

  async #openThen(next: (out: OutgoingSubgroup) => Promise<void> | undefined): Promise<void> {
    this.#opening = new AbortController();
    const out = await this.owner.publication.openSubgroup(this.#header, { signal: this.#opening.signal });
    this.#opening = null;
    this.#opened(out);
    if (this.#isGone) this.#reset('CANCELLED');
    else await next(out);
  }

  #opened(out: OutgoingSubgroup): void {
    this.#out = out;
    this.owner.tally.streamsSent++;
    out.stopped.then(
      () => this.abort('CANCELLED'),
      () => {},
    );
  }

  #finish(): Promise<void> | undefined {
    const { log } = this;
    const { end } = log;
    if (end === null) return undefined;
    if (end.kind === 'reset') {
      this.#reset(end.name);
      return undefined;
    }
    if (this.#out === null && log.length === 0) {
      // A subgroup without objects still says that it is one, and perhaps where its group ends.
      const out = this.#tryOpen();
      if (out === null) {
        return this.#openThen(() => undefined);
      }
    }
    const out = this.#out;
    const deadline = this.#deadline;
    if (out === null) {
      deadline?.cancel();
      return undefined;
    }
    out.end();
    this.owner.unsent.add(out);
    if (deadline !== null) {
      const cancel = (): void => deadline.cancel();
      out.delivered().then(cancel, cancel);
    }
    return undefined;
  }

  /** SUBGROUP_DELIVERY_TIMEOUT runs from the publisher's FIN until all has been delivered (draft-18 §8). */
  #limitDelivery(): void {
    const { owner, log } = this;
    if (owner.subgroupTimeoutMs === 0 || log.end?.kind !== 'fin') return;
    this.#deadline = owner.clock.after(
      owner.subgroupTimeoutMs,
      () => {
        owner.tally.deliveryTimeouts++;
        this.#reset('DELIVERY_TIMEOUT');
        this.#leave();
      },
      { background: true },
    );
  }

  #fail(error: unknown): void {
    if (this.#isGone) return;
    if (error instanceof EncodeError || error instanceof WireError) this.owner.tally.notRepresentable++;
    else if (!isExpected(error)) this.owner.report(error);
    this.abort(error instanceof StreamStopped ? 'CANCELLED' : 'INTERNAL_ERROR');
  }

  #reset(code: string): void {
    this.#opening?.abort(new RequestCancelled('the stream is no longer wanted'));
    this.#opening = null;
    this.#out?.reset(resetCode(this.owner.profile, code));
  }

  #reduceLag(cost: number): void {
    this.#lag -= cost;
    this.owner.addLag(-cost, 0);
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#state = 'gone';
    this.log.remove(this);
    this.owner.addLag(-this.#lag, this.#lagsAsStream ? -1 : 0);
    this.#lag = 0;
    this.owner.left(this);
  }
}

/** Ways in which a stream to a subscriber ends: it stopped it, or left, or its session reset what was open. */
function isExpected(error: unknown): boolean {
  return (
    error instanceof StreamStopped ||
    error instanceof StreamReset ||
    error instanceof RequestCancelled ||
    error instanceof SessionClosed
  );
}
