import type { TrackNamespace } from '../full-track-name.js';
import type { Location } from '../location.js';
import type { ControlMessageType, RequestKind } from '../messages/control-message.js';
import type { ByteReader } from '../reader.js';
import { type Json, type JsonObject, objectFromJson, requiredField } from '../view/json.js';
import { EncodeError, WireError } from '../wire-error.js';
import type { ByteWriter } from '../writer.js';
import type { RawRedirect } from './names.js';
import type { Pair } from './pairs.js';
import type { ValueCodec } from './value-codec.js';

/** Every field that a control message of any draft has, by a name that is the same in all of them. */
export interface RawFields {
  requestId?: bigint;
  existingRequestId?: bigint;
  maxRequestId?: bigint;
  versions?: readonly bigint[];
  version?: bigint;
  options?: readonly Pair[];
  uri?: Uint8Array;
  timeout?: bigint;
  namespace?: TrackNamespace;
  prefix?: TrackNamespace;
  suffix?: TrackNamespace;
  name?: Uint8Array;
  trackAlias?: bigint;
  expires?: bigint;
  subscriberPriority?: number;
  /** 0 is the publisher's own order, in requests of 14. */
  groupOrder?: number;
  forward?: number;
  filterType?: number;
  startGroup?: bigint;
  startObject?: bigint;
  endGroup?: bigint;
  /** SUBSCRIBE_UPDATE of 14: the last group plus 1, 0 for none. */
  endGroupPlusOne?: bigint;
  endObject?: bigint;
  endLocation?: Location;
  contentExists?: number;
  largest?: Location;
  endOfTrack?: number;
  fetchType?: number;
  joiningRequestId?: bigint;
  joiningStart?: bigint;
  errorCode?: bigint;
  statusCode?: bigint;
  streamCount?: bigint;
  retryInterval?: bigint;
  reason?: Uint8Array;
  redirect?: RawRedirect;
  subscribeOptions?: number;
  parameters?: readonly Pair[];
  trackProperties?: readonly Pair[];
}

export type Slot = keyof RawFields;

/** What a draft's files leave open until its own rules are known: how names and lists of pairs are written. */
export interface DraftCodecs {
  readonly namespace: ValueCodec<TrackNamespace>;
  /** Prefixes and suffixes, which may be shorter than a namespace. */
  readonly partialNamespace: ValueCodec<TrackNamespace>;
  /** The list of parameters of the message that the view calls `message`. */
  parameters(message: string): ValueCodec<readonly Pair[]>;
  readonly options: ValueCodec<readonly Pair[]>;
  readonly trackProperties: ValueCodec<readonly Pair[]>;
}

/** One field of a message, as a draft file states it. */
export interface FieldSpec<S extends Slot = Slot> {
  readonly slot: S;
  /** Its name in the JSON view. */
  readonly name: string;
  readonly codec:
    | ValueCodec<NonNullable<RawFields[S]>>
    | ((draft: DraftCodecs, message: string) => ValueCodec<NonNullable<RawFields[S]>>);
  /** The field is there only if this holds for the fields before it. */
  readonly when?: (fields: RawFields) => boolean;
  /** The field is there if bytes are left for it. */
  readonly trailing?: boolean;
  /** The view leaves it out when the list is empty. */
  readonly hiddenWhenEmpty?: boolean;
  /** What a draft-neutral message that does not say otherwise means. */
  readonly fallback?: NonNullable<RawFields[S]>;
}

/** A message, as a draft file states it. */
export interface MessageSpec {
  readonly id: number;
  /** Its name in the JSON view. */
  readonly view: string;
  readonly fields: readonly FieldSpec[];
  /** Rules that span several fields; they throw WireError. */
  readonly checks?: readonly ((fields: RawFields) => void)[];
}

/** States a field so that its codec has to fit its slot. */
export function field<S extends Slot>(
  slot: S,
  name: string,
  codec: FieldSpec<S>['codec'],
  options: Pick<FieldSpec<S>, 'when' | 'trailing' | 'hiddenWhenEmpty' | 'fallback'> = {},
): FieldSpec {
  return { slot, name, codec, ...options } as unknown as FieldSpec;
}

interface Field extends Omit<FieldSpec, 'codec'> {
  readonly codec: ValueCodec<unknown>;
}

/** A message of one draft, ready to be read and written: its fields in wire order. */
export class MessageLayout {
  readonly id: bigint;
  readonly view: string;
  private readonly fields: readonly Field[];
  private readonly checks: readonly ((fields: RawFields) => void)[];
  private readonly names: readonly string[];
  private readonly bySlot: ReadonlyMap<Slot, Field>;

  constructor(
    spec: MessageSpec,
    readonly type: ControlMessageType,
    readonly request: RequestKind | undefined,
    codecs: DraftCodecs,
  ) {
    this.id = BigInt(spec.id);
    this.view = spec.view;
    this.fields = spec.fields.map((entry) => ({
      ...entry,
      codec: (typeof entry.codec === 'function' ? entry.codec(codecs, spec.view) : entry.codec) as ValueCodec<unknown>,
    }));
    this.checks = spec.checks ?? [];
    this.names = ['message_type', ...this.fields.map((entry) => entry.name)];
    this.bySlot = new Map(this.fields.map((entry) => [entry.slot, entry]));
  }

  has(slot: Slot): boolean {
    return this.bySlot.has(slot);
  }

  /** The fallback of a slot, or undefined where the draft has none. */
  fallback<S extends Slot>(slot: S): RawFields[S] {
    return this.bySlot.get(slot)?.fallback as RawFields[S];
  }

  /** Reads the body, all of it. Throws WireError. */
  read(reader: ByteReader): RawFields {
    const values: Record<string, unknown> = {};
    const fields = values as RawFields;
    for (const entry of this.fields) {
      if (entry.when !== undefined && !entry.when(fields)) continue;
      if (entry.trailing === true && reader.remaining === 0) continue;
      values[entry.slot] = entry.codec.read(reader);
    }
    if (reader.remaining > 0) throw new WireError(`its fields left ${reader.remaining} of its bytes unread`);
    for (const check of this.checks) check(fields);
    return fields;
  }

  /** Writes the body. Throws EncodeError when a field is missing, or set without a place in this draft. */
  write(writer: ByteWriter, fields: RawFields): void {
    const values = fields as Readonly<Record<string, unknown>>;
    const placed = new Set<string>();
    for (const entry of this.fields) {
      if (entry.when !== undefined && !entry.when(fields)) continue;
      placed.add(entry.slot);
      const value = values[entry.slot] ?? entry.fallback;
      if (value === undefined || value === null) {
        if (entry.trailing === true) continue;
        throw new EncodeError(`${this.view} needs ${entry.name}`);
      }
      entry.codec.write(writer, value);
    }
    for (const slot of Object.keys(values)) {
      if (values[slot] !== undefined && !placed.has(slot)) {
        throw new EncodeError(`${this.view} has no place for ${slot} in this draft`);
      }
    }
  }

  toJson(fields: RawFields): JsonObject {
    const values = fields as Readonly<Record<string, unknown>>;
    const json: Record<string, Json> = { message_type: this.view };
    for (const entry of this.fields) {
      const value = values[entry.slot];
      if (value === undefined) continue;
      if (entry.hiddenWhenEmpty === true && Array.isArray(value) && value.length === 0) continue;
      json[entry.name] = entry.codec.toJson(value);
    }
    return json;
  }

  /** Throws EncodeError when a field is unknown, missing, or of another shape. */
  fromJson(json: Json): RawFields {
    const values: Record<string, unknown> = {};
    const object = objectFromJson(json, this.names, this.view);
    const used = new Set(['message_type']);
    for (const entry of this.fields) {
      if (entry.when !== undefined && !entry.when(values as RawFields)) continue;
      const optional = entry.trailing === true || entry.hiddenWhenEmpty === true;
      if (optional && !Object.hasOwn(object, entry.name)) {
        if (entry.hiddenWhenEmpty === true) values[entry.slot] = [];
        continue;
      }
      used.add(entry.name);
      values[entry.slot] = entry.codec.fromJson(requiredField(object, entry.name, this.view), entry.name);
    }
    for (const name of Object.keys(object)) {
      if (!used.has(name)) throw new EncodeError(`${this.view} has no field ${name} with these values`);
    }
    return values as RawFields;
  }
}
