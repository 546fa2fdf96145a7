import { fromHex } from '../../util/bytes.js';
import { EncodeError } from '../wire-error.js';

/** A JSON object of a view. */
export type Fields = Readonly<Record<string, unknown>>;

/** `value` as an object with exactly these fields. */
export function objectField(value: unknown, what: string, names: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EncodeError(`${what} must be an object`);
  }
  for (const name of names) if (!Object.hasOwn(value, name)) throw new EncodeError(`${what} lacks the field ${name}`);
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) throw new EncodeError(`${what} has the unknown field ${name}`);
  }
  return value as Fields;
}

/** A decimal string, or null. */
export function readInteger(fields: Fields, name: string): bigint | null {
  const value = fields[name];
  if (value === null) return null;
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,19})$/.test(value)) {
    throw new EncodeError(`${name} must be an unsigned integer as a decimal string`);
  }
  return BigInt(value);
}

/** A decimal string. */
export function integerField(fields: Fields, name: string): bigint {
  const value = readInteger(fields, name);
  if (value === null) throw new EncodeError(`${name} must not be null`);
  return value;
}

/** A hex string. */
export function readBytes(fields: Fields, name: string): Uint8Array {
  const value = fields[name];
  const bytes = typeof value === 'string' ? fromHex(value) : null;
  if (bytes === null) throw new EncodeError(`${name} must be a string of hex digits, two for a byte`);
  return bytes;
}

export function readList(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new EncodeError(`${name} must be a list`);
  return value;
}
