import { fromHex, fromUtf8Leniently } from '../../util/bytes.js';
import { EncodeError } from '../wire-error.js';

/** What the JSON view consists of: integers are decimal strings, so no value is ever rounded. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Bytes as text; what is not UTF-8 becomes U+FFFD, as the view shows names and reasons. */
export function textView(bytes: Uint8Array): string {
  return fromUtf8Leniently(bytes);
}

export function integerFromJson(json: Json, what: string): bigint {
  if (typeof json !== 'string' || !/^(0|[1-9][0-9]*)$/.test(json) || json.length > 20) {
    throw new EncodeError(`${what} must be an unsigned integer as a decimal string`);
  }
  return BigInt(json);
}

export function textFromJson(json: Json, what: string): Uint8Array {
  if (typeof json !== 'string') throw new EncodeError(`${what} must be a string`);
  return new TextEncoder().encode(json);
}

export function bytesFromJson(json: Json, what: string): Uint8Array {
  const bytes = typeof json === 'string' ? fromHex(json) : null;
  if (bytes === null) throw new EncodeError(`${what} must be a string of hex digits`);
  return bytes;
}

export function arrayFromJson(json: Json, what: string): readonly Json[] {
  if (!Array.isArray(json)) throw new EncodeError(`${what} must be an array`);
  return json;
}

/** The object, once it has no keys but `known`. */
export function objectFromJson(json: Json, known: readonly string[], what: string): JsonObject {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new EncodeError(`${what} must be an object`);
  const object = json as JsonObject;
  for (const name of Object.keys(object)) {
    if (!known.includes(name)) throw new EncodeError(`${what} has an unknown field ${JSON.stringify(name)}`);
  }
  return object;
}

/** A field that has to be there; inherited names such as `constructor` are not. */
export function requiredField(object: JsonObject, name: string, what: string): Json {
  if (!Object.hasOwn(object, name)) throw new EncodeError(`${what} lacks the field ${name}`);
  return object[name] as Json;
}
