import type { SubscriptionFilter } from '../messages/parameters.js';
import { integerFromJson, objectFromJson, requiredField } from '../view/json.js';
import { EncodeError, WireError } from '../wire-error.js';
import { oneOf, type ValueCodec } from './value-codec.js';

/** Filter types by number, from 1 (draft-18 §5.1.2). */
const FILTERS = [null, 'next-group-start', 'largest-object', 'absolute-start', 'absolute-range'] as const;

export const filterType = oneOf('varint', 'the filter type', [1, 2, 3, 4]);

/** The numbers that a filter is written as: fields of a message in 14, one parameter from 15 on. */
export interface FilterNumbers {
  readonly filterType: number;
  readonly startGroup?: bigint;
  readonly startObject?: bigint;
  readonly endGroup?: bigint;
}

export function filterToNumbers(filter: SubscriptionFilter): FilterNumbers {
  const type = FILTERS.indexOf(filter.type);
  switch (filter.type) {
    case 'absolute-start':
      return { filterType: type, startGroup: filter.start.group, startObject: filter.start.object };
    case 'absolute-range':
      return {
        filterType: type,
        startGroup: filter.start.group,
        startObject: filter.start.object,
        endGroup: filter.endGroup,
      };
    default:
      return { filterType: type };
  }
}

export function filterFromNumbers(numbers: FilterNumbers): SubscriptionFilter {
  const type = FILTERS[numbers.filterType];
  switch (type) {
    case 'absolute-start':
    case 'absolute-range': {
      const start = { group: numbers.startGroup ?? 0n, object: numbers.startObject ?? 0n };
      return type === 'absolute-start' ? { type, start } : { type, start, endGroup: numbers.endGroup ?? 0n };
    }
    case 'next-group-start':
    case 'largest-object':
      return { type };
    default:
      throw new WireError(`the filter type is ${numbers.filterType}, which is not assigned`);
  }
}

/**
 * A filter in one parameter. Its last group is absolute in 15 and 16 and counts from the start group from 17 on, where
 * a last group above `maxGroup` is a PROTOCOL_VIOLATION. The view shows what is on the wire.
 */
export function subscriptionFilter(endGroup: 'absolute' | 'delta', maxGroup: bigint): ValueCodec<SubscriptionFilter> {
  const base = (filter: SubscriptionFilter): bigint =>
    endGroup === 'delta' && filter.type === 'absolute-range' ? filter.start.group : 0n;
  return {
    read(reader) {
      const type = FILTERS[filterType.read(reader)];
      if (type === 'next-group-start' || type === 'largest-object') return { type };
      const group = reader.bigVarint();
      const start = { group, object: reader.bigVarint() };
      if (type !== 'absolute-range') return { type: 'absolute-start', start };
      const end = reader.bigVarint() + (endGroup === 'delta' ? group : 0n);
      if (end > maxGroup) throw new WireError(`the filter's last group ${end} is above ${maxGroup}`);
      return { type, start, endGroup: end };
    },
    write(writer, filter) {
      const numbers = filterToNumbers(filter);
      writer.varint(numbers.filterType);
      if (numbers.startGroup !== undefined) writer.varint(numbers.startGroup);
      if (numbers.startObject !== undefined) writer.varint(numbers.startObject);
      if (numbers.endGroup !== undefined) writer.varint(numbers.endGroup - base(filter));
    },
    toJson(filter) {
      const numbers = filterToNumbers(filter);
      const json: Record<string, string> = { filter_type: String(numbers.filterType) };
      if (numbers.startGroup !== undefined) json.start_group = String(numbers.startGroup);
      if (numbers.startObject !== undefined) json.start_object = String(numbers.startObject);
      if (numbers.endGroup !== undefined) json.end_group = String(numbers.endGroup - base(filter));
      return json;
    },
    fromJson(json, what) {
      const all = ['filter_type', 'start_group', 'start_object', 'end_group'];
      const any = objectFromJson(json, all, what);
      const number = integerFromJson(requiredField(any, 'filter_type', what), `${what}.filter_type`);
      const type = number < 5n ? FILTERS[Number(number)] : undefined;
      if (type === undefined || type === null) throw new EncodeError(`${what}.filter_type ${number} is not assigned`);
      const fields = type === 'absolute-range' ? all : type === 'absolute-start' ? all.slice(0, 3) : all.slice(0, 1);
      const object = objectFromJson(json, fields, what);
      const integer = (name: string) => integerFromJson(requiredField(object, name, what), `${what}.${name}`);
      if (type === 'next-group-start' || type === 'largest-object') return { type };
      const start = { group: integer('start_group'), object: integer('start_object') };
      if (type === 'absolute-start') return { type, start };
      const end = integer('end_group');
      return { type, start, endGroup: endGroup === 'delta' ? end + start.group : end };
    },
  };
}
