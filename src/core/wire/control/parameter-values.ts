import type { GroupOrder } from '../messages/parameters.js';
import { WireError } from '../wire-error.js';
import { oneOf, uint8, type ValueCodec, varint } from './value-codec.js';

/** A codec for values of one type by way of another: `T` inside, `U` on the wire. */
function mapped<T, U>(codec: ValueCodec<U>, from: (value: U) => T, to: (value: T) => U): ValueCodec<T> {
  return {
    read: (reader) => from(codec.read(reader)),
    write: (writer, value) => codec.write(writer, to(value)),
    toJson: (value) => codec.toJson(to(value)),
    fromJson: (json, what) => from(codec.fromJson(json, what)),
  };
}

export type SmallEncoding = 'uint8' | 'varint';

/** 0 or 1 (draft-18 §10.2.12). */
export function flag(encoding: SmallEncoding, what: string): ValueCodec<boolean> {
  return mapped(
    oneOf(encoding, what, [0, 1]),
    (value) => value === 1,
    (value) => (value ? 1 : 0),
  );
}

/** 1 ascending, 2 descending (draft-18 §10.2.8). */
export function groupOrder(encoding: SmallEncoding): ValueCodec<GroupOrder> {
  return mapped(
    oneOf(encoding, 'the group order', [1, 2]),
    (value) => (value === 1 ? 'ascending' : 'descending'),
    (value) => (value === 'ascending' ? 1 : 2),
  );
}

/** 0 (highest) to 255 (draft-18 §10.2.7). */
export function priority(encoding: SmallEncoding): ValueCodec<number> {
  if (encoding === 'uint8') return uint8;
  return {
    ...uint8,
    read(reader) {
      const value = reader.varint();
      if (value > 255) throw new WireError(`the priority is ${value}, above 255`);
      return Number(value);
    },
    write: (writer, value) => writer.varint(value),
  };
}

/** A duration in ms that must not be 0 (draft-16 §9.2.2.2). */
export const positiveVarint: ValueCodec<bigint> = mapped(
  varint,
  (value) => {
    if (value === 0n) throw new WireError('the delivery timeout is 0');
    return value;
  },
  (value) => value,
);

/** An integer property that must be within `min`…`max`; any other is a PROTOCOL_VIOLATION. */
export function varintWithin(min: bigint, max: bigint, what: string): ValueCodec<bigint> {
  return mapped(
    varint,
    (value) => {
      if (value < min || value > max) throw new WireError(`${what} is ${value}, outside ${min}…${max}`);
      return value;
    },
    (value) => value,
  );
}
