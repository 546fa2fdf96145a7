import type { KeyValuePair } from '../messages/parameters.js';
import type { ByteReader } from '../reader.js';
import {
  arrayFromJson,
  bytesFromJson,
  integerFromJson,
  type Json,
  type JsonObject,
  objectFromJson,
  requiredField,
} from '../view/json.js';
import { EncodeError, type SessionErrorName, WireError } from '../wire-error.js';
import { ByteWriter } from '../writer.js';
import { restAsHex, type ValueCodec } from './value-codec.js';

/** Longest value of a pair with an odd type, in bytes (draft-18 §1.4.3). */
const MAX_VALUE_BYTES = 0xffff;
/** Largest type that deltas may add up to, in every draft (draft-16 §1.4.2). */
const MAX_TYPE = (1n << 64n) - 1n;

/** A parameter, setup option or track property that a draft defines. */
export interface PairDefinition {
  readonly type: bigint;
  /** As the view shows it; absent where the draft's text has no such type but we understand it. */
  readonly name?: string;
  /** Its place in Parameters or SetupOptions; absent for properties, which stay pairs. */
  readonly key?: string;
  readonly codec: ValueCodec<unknown>;
  /** A length comes before the value: always so for odd types in pairs coded by parity. */
  readonly lengthPrefixed: boolean;
  /** How a value that does not fill its length-prefixed section, or runs past it, is closed with. */
  readonly malformed?: SessionErrorName;
  readonly repeatable?: boolean;
  /** Names of the messages that may carry it; absent where every list of this kind may. */
  readonly messages?: readonly string[];
}

/** One entry of a list. `value` is what the definition's codec makes of it; an integer or bytes without a definition. */
export interface Pair {
  readonly definition: PairDefinition | undefined;
  readonly type: bigint;
  readonly value: unknown;
}

/** How a draft writes a list of pairs and what it does about those that do not belong there. */
export interface PairListRules {
  /** Types are absolute (14, 15) or count from the one before, so that they ascend (16+). */
  readonly keys: 'absolute' | 'delta';
  /** A count comes first, or the list goes on to the end of the message. */
  readonly extent: 'counted' | 'to-end';
  /** A pair that the draft does not define: kept (coded by parity), or a PROTOCOL_VIOLATION. */
  readonly unknown: 'keep' | 'violation';
  /** A pair that is defined for other messages only: kept, or a PROTOCOL_VIOLATION. */
  readonly misplaced: 'keep' | 'violation';
  /** A second pair of a type that is not repeatable: kept, or a PROTOCOL_VIOLATION. */
  readonly duplicates: 'keep' | 'violation';
  /** What one pair is called in messages. */
  readonly noun: string;
}

/** True when `definition` may appear in the message that the view calls `message`. */
export function belongsTo(definition: PairDefinition, message: string): boolean {
  return definition.messages === undefined || definition.messages.includes(message);
}

/** The list of pairs of one message. */
export function pairList(
  rules: PairListRules,
  definitions: readonly PairDefinition[],
  message: string,
): ValueCodec<readonly Pair[]> {
  const byType = new Map(definitions.map((definition) => [definition.type, definition]));

  function definitionOf(type: bigint, seen: Set<bigint>): PairDefinition | undefined {
    const definition = byType.get(type);
    if (definition === undefined) {
      if (rules.unknown === 'keep') return undefined;
      throw new WireError(`${rules.noun} type ${type} is not one this draft defines`);
    }
    if (!belongsTo(definition, message)) {
      if (rules.misplaced === 'keep') return definition;
      throw new WireError(`${rules.noun} type ${type} may not appear in ${message}`);
    }
    if (rules.duplicates === 'violation' && definition.repeatable !== true) {
      if (seen.has(type)) throw new WireError(`${rules.noun} type ${type} appears more than once`);
      seen.add(type);
    }
    return definition;
  }

  function readOne(reader: ByteReader, previous: bigint, seen: Set<bigint>): Pair {
    const type = reader.bigVarint() + (rules.keys === 'delta' ? previous : 0n);
    if (type > MAX_TYPE) throw new WireError(`${rules.noun} type ${type} is above 2^64−1`);
    const definition = definitionOf(type, seen);
    return { definition, type, value: readValue(reader, type, definition, rules.noun) };
  }

  return {
    read(reader) {
      const pairs: Pair[] = [];
      const seen = new Set<bigint>();
      let previous = 0n;
      if (rules.extent === 'to-end') {
        while (reader.remaining > 0) {
          const pair = readOne(reader, previous, seen);
          previous = pair.type;
          pairs.push(pair);
        }
        return pairs;
      }
      // A pair has two bytes or more, so a count above what remains is caught before the loop runs long.
      let count = reader.count(MAX_VALUE_BYTES, `the number of ${rules.noun}s`);
      for (; count > 0; count--) {
        const pair = readOne(reader, previous, seen);
        previous = pair.type;
        pairs.push(pair);
      }
      return pairs;
    },
    write(writer, pairs) {
      if (rules.extent === 'counted') writer.varint(pairs.length);
      let previous = 0n;
      for (const { definition, type, value } of pairs) {
        if (rules.keys === 'delta' && type < previous) {
          throw new EncodeError(`${rules.noun} type ${type} comes after ${previous}; types must ascend`);
        }
        writer.varint(rules.keys === 'delta' ? type - previous : type);
        previous = type;
        writeValue(writer, type, definition, value, rules.noun);
      }
    },
    toJson: (pairs) => pairs.map(pairToJson),
    fromJson: (json, what) => arrayFromJson(json, what).map((entry, i) => pairFromJson(entry, byType, `${what}[${i}]`)),
  };
}

function readValue(reader: ByteReader, type: bigint, definition: PairDefinition | undefined, noun: string): unknown {
  const prefixed = definition === undefined ? (type & 1n) === 1n : definition.lengthPrefixed;
  if (!prefixed) return definition === undefined ? reader.bigVarint() : definition.codec.read(reader);
  const length = reader.count(MAX_VALUE_BYTES, `the length of ${noun} type ${type}`);
  if (definition === undefined) return reader.bytes(length);
  const closeWith = definition.malformed ?? 'KEY_VALUE_FORMATTING_ERROR';
  const section = reader.section(length, { message: `${noun} type ${type} runs past its length`, closeWith });
  const value = definition.codec.read(section);
  if (section.remaining > 0) {
    throw new WireError(`${noun} type ${type} leaves ${section.remaining} of its bytes unread`, { closeWith });
  }
  return value;
}

function writeValue(
  writer: ByteWriter,
  type: bigint,
  definition: PairDefinition | undefined,
  value: unknown,
  noun: string,
): void {
  if (definition === undefined) {
    const odd = (type & 1n) === 1n;
    if (value instanceof Uint8Array && odd) writer.lengthPrefixed(value);
    else if (typeof value === 'bigint' && !odd) writer.varint(value);
    else throw new EncodeError(`${noun} type ${type} is ${odd ? 'odd and needs bytes' : 'even and needs an integer'}`);
    return;
  }
  if (!definition.lengthPrefixed) {
    definition.codec.write(writer, value);
    return;
  }
  const section = new ByteWriter(writer.varints, 32);
  definition.codec.write(section, value);
  writer.lengthPrefixed(section.finish());
}

/** Bytes that are no text are `raw_hex` in the view, everything else is `value`. */
function jsonKey(type: bigint, definition: PairDefinition | undefined): 'value' | 'raw_hex' {
  const isRaw = definition === undefined ? (type & 1n) === 1n : definition.codec === restAsHex;
  return isRaw ? 'raw_hex' : 'value';
}

function pairToJson({ definition, type, value }: Pair): JsonObject {
  const json: Record<string, Json> = { type: `0x${type.toString(16)}` };
  if (definition?.name !== undefined) json.name = definition.name;
  if (definition !== undefined) json[jsonKey(type, definition)] = definition.codec.toJson(value);
  else if (value instanceof Uint8Array) json.raw_hex = restAsHex.toJson(value);
  else json.value = String(value);
  return json;
}

function pairFromJson(json: Json, byType: ReadonlyMap<bigint, PairDefinition>, what: string): Pair {
  const any = objectFromJson(json, ['type', 'name', 'value', 'raw_hex'], what);
  const typeText = requiredField(any, 'type', what);
  if (typeof typeText !== 'string' || !/^0x[0-9a-f]{1,16}$/i.test(typeText)) {
    throw new EncodeError(`${what}.type must be a hex string such as "0x2"`);
  }
  const type = BigInt(typeText);
  const definition = byType.get(type);
  const key = jsonKey(type, definition);
  const object = objectFromJson(json, definition?.name === undefined ? ['type', key] : ['type', 'name', key], what);
  if (definition?.name !== undefined && requiredField(object, 'name', what) !== definition.name) {
    throw new EncodeError(`${what}.name must be "${definition.name}" for type ${typeText}`);
  }
  const value = requiredField(object, key, what);
  const label = `${what}.${key}`;
  if (definition !== undefined) return { definition, type, value: definition.codec.fromJson(value, label) };
  const raw = key === 'raw_hex' ? bytesFromJson(value, label) : integerFromJson(value, label);
  return { definition, type, value: raw };
}

/** The pair as one of which nothing but its type is known, as relays pass it on. */
export function toKeyValuePair({ type, value }: Pair): KeyValuePair {
  return { type, value: value as bigint | Uint8Array };
}
