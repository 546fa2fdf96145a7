import type { IncomingSubgroup } from '../session/session.js';
import { SessionClosed, StreamReset } from '../transport/transport-errors.js';
import { type Deferred, deferred } from '../util/deferred.js';
import type { FragmentRun } from '../wire/encoded-run.js';
import type { ObjectFragment, SubgroupHeader } from '../wire/messages/object.js';
import type { DraftProfile } from '../wire/profile.js';
import { WireError } from '../wire/wire-error.js';
import { nameOfReset } from './bridge.js';
import { agrees, type GroupEntry, type Slot } from './group-cache.js';
import type { LogEnd, SubgroupLog } from './subgroup-log.js';

/** What makes a track malformed (draft-18 §2.1.1): it ends for all its subscribers. */
export class MalformedTrack extends Error {
  override readonly name = 'MalformedTrack';
}

/** The publisher that an intake belongs to: streams of different ones can be duplicates of one another. */
export interface IntakeSource {
  /** PUBLISH_DONE has come: the publisher may leave at any time, and what it has sent must be taken before that. */
  readonly finishing: boolean;
  progressed(): void;
}

/** What an intake needs of the track it fills. */
export interface IntakeTrack {
  /** False while the first subscribers are about to join: they must not miss the beginning. */
  readonly open: boolean;
  /** The track has, or had, more than one publisher. */
  readonly shared: boolean;
  readonly defaultPriority: number;
  entry(group: bigint): GroupEntry<StreamIntake>;
  openLog(entry: GroupEntry<StreamIntake>, header: SubgroupHeader, subgroup: bigint, from: DraftProfile): SubgroupLog;
  append(entry: GroupEntry<StreamIntake>, log: SubgroupLog, fragments: FragmentRun): void;
  malformed(source: IntakeSource, reason: string): void;
  droppedDuplicate(): void;
  /** Something that cannot happen. */
  report(error: unknown): void;
}

/**
 * One subgroup stream of a publisher on its way into the track. It reads only when somebody wants more: that is how the
 * fastest subscriber sets the pace. Where several publishers send the same subgroup, one stream fills the log, and the
 * others hold still just behind it: they drop what it has delivered and take over when it breaks off.
 */
export class StreamIntake {
  #log: SubgroupLog | null = null;
  #entry: GroupEntry<StreamIntake> | null = null;
  #slot: Slot<StreamIntake> | null = null;
  #parked: Deferred<void> | null = null;
  /** The code with which it was stopped. */
  #stopped: string | null = null;
  /** Whether the object under way is passed on, or is a duplicate. */
  #passing = true;
  #twin: SubgroupLog | null = null;
  /** Objects that the group's index knows of. */
  #noted = 0;

  constructor(
    private readonly track: IntakeTrack,
    readonly source: IntakeSource,
    private readonly profile: DraftProfile,
    private readonly stream: IncomingSubgroup,
  ) {}

  /** Resolves when the stream has ended, in whatever way. Never rejects. */
  async run(): Promise<void> {
    let end: LogEnd;
    try {
      end = await this.#copy();
    } catch (error) {
      end = { kind: 'reset', name: this.#resetName(error) };
      this.stream.stop(end.name);
      if (error instanceof MalformedTrack) this.track.malformed(this.source, error.message);
      else if (!isExpected(error)) this.track.report(error);
    }
    this.#conclude(end);
  }

  /** Looks again whether to read. */
  wake(): void {
    this.#parked?.resolve();
    this.#parked = null;
  }

  /** Ends it; subscribers see a reset with `code`, a name of the stream-reset codes. */
  stop(code: string): void {
    this.#stopped ??= code;
    this.stream.stop('CANCELLED');
    this.wake();
  }

  async #copy(): Promise<LogEnd> {
    for (;;) {
      while (!this.#mayRead && this.#stopped === null) await this.#park();
      const fragments = await this.stream.read();
      if (this.#stopped !== null) return { kind: 'reset', name: this.#stopped };
      if (fragments === null) {
        this.#openEmpty();
        return { kind: 'fin' };
      }
      if (fragments.length === 0) continue;
      this.source.progressed();
      if (this.track.shared) await this.#sift(fragments);
      else this.#pass(fragments);
    }
  }

  get #mayRead(): boolean {
    if (this.source.finishing) return true;
    const log = this.#log;
    // The end is passed on while the last bytes wait to be sent, and travels with them. It is not read before: as long as the
    // publisher's stream has not ended, its credit is not given back, and that is what holds the next streams up.
    if (log !== null && log.readers > 0) return this.stream.atEnd ? log.hasDemandForEnd : log.hasDemand;
    return this.track.open;
  }

  async #park(): Promise<void> {
    this.#parked = deferred();
    await this.#parked.promise;
  }

  #pass(fragments: FragmentRun): void {
    if (fragments.length === 0) return;
    const first = fragments[0] as ObjectFragment;
    const log = this.#log ?? this.#openLog(first.header.subgroup ?? first.header.object);
    this.#checkTwins(log, fragments);
    this.track.append(this.#entry as GroupEntry<StreamIntake>, log, fragments);
  }

  /** Objects that are here already, from another stream, must be the same ones. */
  #checkTwins(log: SubgroupLog, fragments: FragmentRun): void {
    const entry = this.#entry as GroupEntry<StreamIntake>;
    // A group's only stream has nothing to be compared with; it must be known by its first object, and as longer than one.
    if (entry.logs.size === 1 && this.#noted >= 2) return;
    for (const fragment of fragments) {
      if (fragment.offset === 0) {
        this.#twin = entry.twinOf(log, fragment.header.object, this.#noted);
        this.#noted++;
      }
      if (this.#twin !== null && !agrees(this.#twin, fragment)) {
        const { group, object } = fragment.header;
        throw new MalformedTrack(`object ${group}.${object} came twice with different content`);
      }
    }
  }

  /** Passes on what no other publisher has delivered. */
  async #sift(fragments: FragmentRun): Promise<void> {
    let keep: ObjectFragment[] = [];
    for (const fragment of fragments) {
      if (fragment.offset === 0) {
        let decision = this.#decide(fragment);
        if (decision === 'wait') {
          this.#pass(keep);
          keep = [];
          do {
            await this.#park();
            if (this.#stopped !== null) return;
            decision = this.#decide(fragment);
          } while (decision === 'wait');
        }
        this.#passing = decision === 'pass';
        if (!this.#passing) this.track.droppedDuplicate();
      }
      if (this.#passing) keep.push(fragment);
      else if (this.#slot !== null && !agrees(this.#slot.log, fragment)) {
        throw new MalformedTrack(
          `object ${fragment.header.group}.${fragment.header.object} differs between publishers`,
        );
      }
    }
    this.#pass(keep);
  }

  #decide(fragment: ObjectFragment): 'pass' | 'drop' | 'wait' {
    const { object, subgroup } = fragment.header;
    this.#entry ??= this.track.entry(this.stream.header.group);
    const slot = this.#entry.slots.get(subgroup ?? object);
    if (slot === undefined || this.#log !== null || slot.owner?.source === this.source) return 'pass';
    this.#slot = slot;
    const { log } = slot;
    if (log.lastComplete !== null && object <= log.lastComplete) {
      slot.standby.add(this);
      return 'drop';
    }
    if (slot.owner !== null) {
      slot.standby.add(this);
      log.followers.add(this.#onRival);
      return 'wait';
    }
    this.#leaveStandby(slot);
    const next = log.lastComplete === null ? null : log.lastComplete + 1n;
    if (log.end === null && object === next) {
      slot.owner = this;
      this.#adopt(log);
    } else log.finish({ kind: 'reset', name: 'INTERNAL_ERROR' });
    return 'pass';
  }

  readonly #onRival = (): void => this.wake();

  #adopt(log: SubgroupLog): void {
    this.#log = log;
    log.onDemand = () => this.wake();
  }

  #leaveStandby(slot: Slot<StreamIntake>): void {
    slot.standby.delete(this);
    slot.log.followers.delete(this.#onRival);
  }

  #openLog(subgroup: bigint): SubgroupLog {
    this.#entry ??= this.track.entry(this.stream.header.group);
    const log = this.track.openLog(this.#entry, this.stream.header, subgroup, this.profile);
    this.#slot = this.#entry.slots.get(subgroup) ?? null;
    if (this.#slot === null) {
      this.#slot = { log, owner: this, standby: new Set() };
      this.#entry.slots.set(subgroup, this.#slot);
    } else {
      this.#slot.log = log;
      this.#slot.owner = this;
    }
    this.#adopt(log);
    return log;
  }

  /** A subgroup that ends without an object exists all the same, when its ID is known. */
  #openEmpty(): void {
    const { subgroup } = this.stream.header;
    if (this.#log === null && this.#slot === null && subgroup !== null) this.#openLog(subgroup);
  }

  #conclude(end: LogEnd): void {
    const slot = this.#slot;
    const log = this.#log;
    if (slot !== null) this.#leaveStandby(slot);
    if (log !== null) {
      log.onDemand = undefined;
      if (slot?.owner === this) {
        slot.owner = null;
        if (end.kind === 'reset' && slot.standby.size > 0 && !log.isMidObject) {
          // Another publisher has the rest: its stream goes on where this one broke off.
          for (const heir of [...slot.standby]) heir.wake();
          return;
        }
      }
      log.finish(end);
      return;
    }
    // A stream that only stood by: when it was the last hope of a log that broke off, the log ends as it does.
    if (slot !== null && slot.owner === null && slot.log.end === null && slot.standby.size === 0) slot.log.finish(end);
  }

  #resetName(error: unknown): string {
    if (error instanceof MalformedTrack) return 'MALFORMED_TRACK';
    if (error instanceof StreamReset) return nameOfReset(this.profile, error.code);
    return 'INTERNAL_ERROR';
  }
}

/** Ways in which a peer's stream ends. */
function isExpected(error: unknown): boolean {
  return error instanceof StreamReset || error instanceof SessionClosed || error instanceof WireError;
}
