import { MoqtError } from '../errors/moqt-error.js';
import type { ObjectStatus } from '../wire/messages/object.js';
import type { KeyValuePair } from '../wire/messages/parameters.js';
import type { DraftProfile } from '../wire/profile.js';
import { NO_PROPERTIES } from './group-policy.js';
import type { LogEntry } from './track-log.js';

/** An object whose place in the track is given, as a recording or another subscription tells it. */
export interface PlacedObject {
  readonly group: bigint;
  /** Null or absent: a datagram. */
  readonly subgroup?: bigint | null;
  readonly object: bigint;
  readonly priority?: number;
  readonly status?: ObjectStatus;
  readonly properties?: readonly KeyValuePair[];
  readonly payload: Uint8Array;
}

/** Groups that stay open behind the newest once the source has shown that it is not in group order. */
const LINGERING_GROUPS = 4;

/**
 * Brings placed objects into the log as they are: IDs, priority, forwarding, status and properties are kept, holes stay
 * holes. What it decides is only when streams end: with an end status, when a later group begins, or at the end.
 */
export class ObjectPlanner {
  /** Open groups in the order they began. */
  #open: bigint[] = [];
  #newest: bigint | null = null;
  #lingering = 0;
  #groups = 0;
  #sawDatagram = false;
  #sawStream = false;
  readonly #profile: DraftProfile;

  /** `profile`: of the session that the objects are for. */
  constructor(profile: DraftProfile) {
    this.#profile = profile;
  }

  /** Groups begun. */
  get groups(): number {
    return this.#groups;
  }

  add(object: PlacedObject, append: (entry: LogEntry) => void): void {
    const status = object.status ?? 'normal';
    const subgroup = object.subgroup ?? null;
    this.#check(object, status);
    this.#noteForwarding(subgroup === null);
    const { group } = object;
    if (!this.#open.includes(group)) {
      if (this.#newest === null || group > this.#newest) this.#newest = group;
      else this.#lingering = LINGERING_GROUPS;
      this.#open.push(group);
      this.#groups++;
      while (this.#open.length > this.#lingering + 1) {
        append({ kind: 'group-closed', group: this.#open.shift() as bigint });
      }
    }
    append({
      kind: 'object',
      group,
      subgroup,
      object: object.object,
      status,
      priority: object.priority,
      properties: object.properties ?? NO_PROPERTIES,
      payload: object.payload,
      endOfGroup: false,
      hasProperties: true,
      // Further objects on that stream would be a protocol violation (draft-18 §11.4.3).
      fin: status === 'end-of-group' || status === 'end-of-track',
    });
  }

  stop(append: (entry: LogEntry) => void): void {
    for (const group of this.#open) append({ kind: 'group-closed', group });
    this.#open = [];
  }

  #check(object: PlacedObject, status: ObjectStatus): void {
    const where = `object ${object.group}.${object.object}`;
    if (status !== 'normal' && object.payload.length > 0) {
      throw notAnObject(`${where} has status ${status} and a payload`);
    }
    if (status !== 'normal' && (object.properties?.length ?? 0) > 0) {
      throw notAnObject(`${where} has status ${status} and properties`);
    }
    const { priority } = object;
    if (priority !== undefined && (!Number.isInteger(priority) || priority < 0 || priority > 255)) {
      throw notAnObject(`${where} has priority ${priority}; 0 to 255 is possible`);
    }
    this.#checkIntegers(object, where);
  }

  /** The codec would refuse them too, when the object goes out, and not say where they come from. */
  #checkIntegers({ group, subgroup, object, properties }: PlacedObject, where: string): void {
    const { draft, data, features } = this.#profile;
    const check = (what: string, value: bigint | null | undefined, written = value): void => {
      if (typeof written !== 'bigint' || (written >= 0n && written <= features.maxVarint)) return;
      throw notAnObject(
        `${where}: ${what} ${value} is outside 0…${features.maxVarint}, the integers of draft ${draft}`,
      );
    };
    check('group', group);
    check('subgroup', subgroup);
    check('object', object);
    if (properties === undefined || properties.length === 0) return;
    for (const { type, value } of properties) {
      if (typeof value === 'bigint') check(`property 0x${type.toString(16)} with the value`, value);
    }
    // Where the distance to the type before is written, the types themselves go further.
    const types = properties.map(({ type }) => type).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (const [i, type] of types.entries()) {
      check('property type', type, data.propertyKeys === 'delta' ? type - (types[i - 1] ?? 0n) : type);
    }
  }

  #noteForwarding(datagram: boolean): void {
    if (datagram) this.#sawDatagram = true;
    else this.#sawStream = true;
    if (this.#sawDatagram && this.#sawStream && !this.#profile.features.mixedForwarding) {
      throw new MoqtError('MOQT_E_ENCODE', 'this draft has no tracks with both streams and datagrams', {
        stage: 'publish',
        cause: 'publish.mixed-forwarding',
        hint: 'publish with draft 16 or later, or give all objects the same forwarding',
      });
    }
  }
}

function notAnObject(message: string): MoqtError {
  return new MoqtError('MOQT_E_ENCODE', message, { stage: 'publish', cause: 'publish.object' });
}
