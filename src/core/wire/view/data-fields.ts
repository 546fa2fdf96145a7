import type { DataLimits, DataProfile } from '../data-layout.js';
import type { FetchEntry, ObjectFragment, ObjectStatus } from '../messages/object.js';
import { EncodeError, WireError } from '../wire-error.js';
import { bytesFromJson, integerFromJson, type Json, type JsonObject, objectFromJson, requiredField } from './json.js';

/** The input is in memory as a whole, which bounds what it can hold. */
export const VIEW_LIMITS: DataLimits = {
  maxObjectBytes: Number.MAX_SAFE_INTEGER,
  maxPropertiesBytes: Number.MAX_SAFE_INTEGER,
};

/** `json` as an object with exactly these fields. */
export function fieldsFromJson(json: Json, names: readonly string[], what: string): JsonObject {
  const fields = objectFromJson(json, names, what);
  for (const name of names) requiredField(fields, name, what);
  return fields;
}

export function integerField(fields: JsonObject, name: string): bigint {
  return integerFromJson(fields[name] as Json, name);
}

export function optionalIntegerField(fields: JsonObject, name: string): bigint | null {
  return fields[name] === null ? null : integerField(fields, name);
}

export function bytesField(fields: JsonObject, name: string): Uint8Array {
  return bytesFromJson(fields[name] as Json, name);
}

/** A priority, or null for the track's default. Values above 255 are left to the codec, which refuses them. */
export function priorityField(profile: DataProfile, fields: JsonObject): number | null {
  const priority = optionalIntegerField(fields, 'publisher_priority');
  if (priority === null && profile.data.subgroup.defaultPriority === 0) {
    throw new EncodeError('publisher_priority cannot be null: this draft has no default priority');
  }
  return priority === null ? null : Number(priority);
}

/** `required`: an object without payload has a status on this kind of stream. */
export function statusField(
  profile: DataProfile,
  fields: JsonObject,
  payload: Uint8Array,
  required: boolean,
): ObjectStatus {
  const code = optionalIntegerField(fields, 'object_status');
  if (code === null) {
    if (required && payload.length === 0) {
      throw new EncodeError('object_status must not be null for an object without payload');
    }
    return 'normal';
  }
  if (payload.length > 0) throw new EncodeError('object_status must be null for an object with payload');
  const status = profile.data.statuses.get(Number(code));
  if (status === undefined) throw new EncodeError(`object_status ${code} is not one that this draft defines`);
  return status;
}

/** The number of a status as the view shows it. */
export function statusView(profile: DataProfile, status: ObjectStatus): string {
  for (const [code, name] of profile.data.statuses) if (name === status) return String(code);
  throw new RangeError(`the draft has no status ${status}`);
}

export function optionalView(value: bigint | number | null): string | null {
  return value === null ? null : String(value);
}

/** All entries of a stream that is there as a whole: each object is one entry because it was pushed as one chunk. */
export function decodeWhole<T extends ObjectFragment | FetchEntry>(
  decoder: { push(chunk: Uint8Array): T[]; readonly failure: WireError | null; readonly atBoundary: boolean },
  bytes: Uint8Array,
): T[] {
  const entries = decoder.push(bytes);
  if (decoder.failure !== null) throw decoder.failure;
  if (!decoder.atBoundary) throw endsEarly();
  return entries;
}

export function endsEarly(): WireError {
  return new WireError('the bytes end within a header or an object', { incomplete: true });
}
