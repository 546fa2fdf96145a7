import { toHex } from '../../util/bytes.js';
import type { Location } from '../location.js';
import type { ByteReader } from '../reader.js';
import {
  bytesFromJson,
  integerFromJson,
  type Json,
  objectFromJson,
  requiredField,
  textFromJson,
  textView,
} from '../view/json.js';
import { EncodeError, WireError } from '../wire-error.js';
import type { ByteWriter } from '../writer.js';

/**
 * One kind of value in its two outward shapes: bytes on the wire and the JSON view. `read` throws WireError for bytes
 * that the draft forbids; `fromJson` throws EncodeError for JSON of another shape.
 */
export interface ValueCodec<T> {
  read(reader: ByteReader): T;
  write(writer: ByteWriter, value: T): void;
  toJson(value: T): Json;
  fromJson(json: Json, what: string): T;
}

export const varint: ValueCodec<bigint> = {
  read: (reader) => reader.bigVarint(),
  write: (writer, value) => writer.varint(value),
  toJson: String,
  fromJson: integerFromJson,
};

function smallFromJson(json: Json, what: string): number {
  const value = integerFromJson(json, what);
  if (value > 0xffff_ffffn) throw new EncodeError(`${what} is ${value}, too large`);
  return Number(value);
}

export const uint8: ValueCodec<number> = {
  read: (reader) => reader.uint8(),
  write: (writer, value) => writer.uint8(value),
  toJson: String,
  fromJson: smallFromJson,
};

/** A small number that must be one of `allowed`, in one byte or as a varint; any other is a PROTOCOL_VIOLATION. */
export function oneOf(encoding: 'uint8' | 'varint', what: string, allowed: readonly number[]): ValueCodec<number> {
  return {
    read(reader) {
      const value = encoding === 'uint8' ? reader.uint8() : reader.varint();
      if (typeof value !== 'number' || !allowed.includes(value)) {
        throw new WireError(`${what} is ${value}, not one of ${allowed.join(', ')}`);
      }
      return value;
    },
    write(writer, value) {
      if (encoding === 'uint8') writer.uint8(value);
      else writer.varint(value);
    },
    toJson: String,
    fromJson: smallFromJson,
  };
}

/** Length-prefixed bytes that the view shows as text. A length above `max` is a PROTOCOL_VIOLATION. */
export function text(max: number, what: string): ValueCodec<Uint8Array> {
  const lengthOf = `the length of ${what}`;
  return {
    read: (reader) => reader.lengthPrefixed(max, lengthOf),
    write: (writer, value) => writer.lengthPrefixed(value),
    toJson: textView,
    fromJson: textFromJson,
  };
}

/** All bytes to the end of the section, which the view shows as text. */
export const restAsText: ValueCodec<Uint8Array> = {
  read: (reader) => reader.rest(),
  write: (writer, value) => writer.bytes(value),
  toJson: textView,
  fromJson: textFromJson,
};

/** All bytes to the end of the section, which the view shows as hex. */
export const restAsHex: ValueCodec<Uint8Array> = {
  read: (reader) => reader.rest(),
  write: (writer, value) => writer.bytes(value),
  toJson: toHex,
  fromJson: bytesFromJson,
};

/** Group and object one after the other (draft-18 §1.4.2). */
export const location: ValueCodec<Location> = {
  read(reader) {
    const group = reader.bigVarint();
    return { group, object: reader.bigVarint() };
  },
  write(writer, value) {
    writer.varint(value.group);
    writer.varint(value.object);
  },
  toJson: (value) => ({ group: String(value.group), object: String(value.object) }),
  fromJson(json, what) {
    const object = objectFromJson(json, ['group', 'object'], what);
    return {
      group: integerFromJson(requiredField(object, 'group', what), `${what}.group`),
      object: integerFromJson(requiredField(object, 'object', what), `${what}.object`),
    };
  },
};
