import { MoqtError } from '../errors/moqt-error.js';
import type { Clock } from '../util/clock.js';
import type { ObjectStatus } from '../wire/messages/object.js';
import type { KeyValuePair } from '../wire/messages/parameters.js';
import type { LogEntry, TrackObject } from './track-log.js';

/** When a new group begins: as soon as one of these is reached. Absent limits do not count. */
export interface GroupPolicy {
  readonly objects?: number;
  /** Payload bytes. */
  readonly bytes?: number;
  /** Milliseconds since the group's first object. */
  readonly ms?: number;
}

/** One stream a group, one stream an object, or datagrams. */
export type Forwarding = 'subgroup' | 'object' | 'datagram';

/** Cut into objects, bytes travel best in groups that every relay can hold: 256 objects of 16 KiB. */
export const BYTES_GROUP_POLICY: GroupPolicy = { bytes: 4 * 1024 * 1024 };
export const RECORDS_GROUP_POLICY: GroupPolicy = { objects: 1000, ms: 1000 };

export const NO_PROPERTIES: readonly KeyValuePair[] = [];
const EMPTY = new Uint8Array(0);

export function checkGroupPolicy(policy: GroupPolicy): void {
  const limits = [policy.objects, policy.bytes, policy.ms].filter((limit) => limit !== undefined);
  if (limits.length === 0 || limits.some((limit) => !Number.isSafeInteger(limit) || limit < 1)) {
    throw new MoqtError('MOQT_E_USAGE', 'a group needs a positive number of objects, bytes or milliseconds', {
      stage: 'config',
      cause: 'publish.group-policy',
    });
  }
}

/**
 * Numbers the objects of a track that we begin: groups and objects from 0 without holes, the end of every group and of the
 * track marked (by the END_OF_GROUP bit and FIN, or by a status object where the last object was not known to be the last).
 */
export class ObjectNumberer {
  readonly #policy: GroupPolicy;
  readonly #forwarding: Forwarding;
  readonly #priority: number | undefined;
  readonly #clock: Clock;
  #group = 0n;
  #object = 0n;
  #open = false;
  #objectsInGroup = 0;
  #bytesInGroup = 0;
  #groupSince = 0;

  constructor(policy: GroupPolicy, forwarding: Forwarding, priority: number | undefined, clock: Clock) {
    this.#policy = policy;
    this.#forwarding = forwarding;
    this.#priority = priority;
    this.#clock = clock;
  }

  /** Groups begun. */
  get groups(): number {
    return Number(this.#group) + (this.#open ? 1 : 0);
  }

  /** The next object, after whatever has to be said about the group before it. */
  add(payload: Uint8Array, append: (entry: LogEntry) => void): void {
    const { objects, bytes, ms } = this.#policy;
    if (ms !== undefined) {
      const now = this.#clock.now();
      if (this.#open && now - this.#groupSince >= ms) this.#close(append);
      if (!this.#open) this.#groupSince = now;
    }
    this.#open = true;
    this.#objectsInGroup++;
    this.#bytesInGroup += payload.length;
    const last =
      (objects !== undefined && this.#objectsInGroup >= objects) ||
      (bytes !== undefined && this.#bytesInGroup >= bytes);
    append(this.#entry('normal', payload, last));
    this.#object++;
    if (last) this.#nextGroup();
  }

  /** END_OF_TRACK: object 0 of the group after the last, on a stream of its own, which every draft and relay understands. */
  end(append: (entry: LogEntry) => void): void {
    if (this.#open) this.#close(append);
    append(this.#entry('end-of-track', EMPTY, true));
  }

  /** Closes the group that is open; the track just stops there. */
  stop(append: (entry: LogEntry) => void): void {
    if (this.#open) this.#close(append);
  }

  #close(append: (entry: LogEntry) => void): void {
    if (this.#forwarding === 'subgroup') append({ kind: 'group-closed', group: this.#group });
    else append(this.#entry('end-of-group', EMPTY, true));
    this.#nextGroup();
  }

  #nextGroup(): void {
    this.#group++;
    this.#object = 0n;
    this.#open = false;
    this.#objectsInGroup = 0;
    this.#bytesInGroup = 0;
  }

  #entry(status: ObjectStatus, payload: Uint8Array, last: boolean): TrackObject {
    const forwarding = this.#forwarding;
    return {
      kind: 'object',
      group: this.#group,
      subgroup: forwarding === 'datagram' ? null : forwarding === 'object' ? this.#object : 0n,
      object: this.#object,
      status,
      priority: this.#priority,
      properties: NO_PROPERTIES,
      payload,
      // The single subgroup of a group always holds its largest object. A status says it by itself, and a datagram with
      // both would be invalid (draft-18 §11.3.1).
      endOfGroup: status === 'normal' && (forwarding === 'subgroup' || last),
      hasProperties: false,
      fin: last || forwarding !== 'subgroup',
    };
  }
}
