import type { KeyValuePair, Parameters, SubscriptionFilter } from '../../messages/parameters.js';
import type { ControlTables } from '../../profile.js';
import { EncodeError } from '../../wire-error.js';
import { filterFromNumbers, filterToNumbers } from '../filter.js';
import type { MessageLayout, RawFields } from '../layout.js';
import { belongsTo, type Pair, toKeyValuePair } from '../pairs.js';
import { writePairs } from './mapping.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Parameters from the list and, in 14, from the fields that later drafts turned into parameters. */
export function readParameters(fields: RawFields, layout: MessageLayout): Parameters {
  const parameters = readFixedFields(fields);
  const values = parameters as Record<string, unknown>;
  const unknown: KeyValuePair[] = [];
  for (const pair of fields.parameters ?? []) {
    const { definition, value } = pair;
    if (definition?.key === undefined) {
      unknown.push(toKeyValuePair(pair));
    } else if (!belongsTo(definition, layout.view)) {
      // Drafts to 16 say that such a parameter MUST be ignored; later ones do not let it come this far.
    } else if (definition.repeatable === true) {
      const list = (values[definition.key] as unknown[] | undefined) ?? [];
      values[definition.key] = [...list, value];
    } else {
      values[definition.key] = value;
    }
  }
  if (unknown.length > 0) parameters.unknown = unknown;
  return parameters;
}

function readFixedFields(fields: RawFields): Writable<Parameters> {
  const parameters: Writable<Parameters> = {};
  if (fields.subscriberPriority !== undefined) parameters.subscriberPriority = fields.subscriberPriority;
  if (fields.forward !== undefined) parameters.forward = fields.forward === 1;
  if (fields.groupOrder === 1) parameters.groupOrder = 'ascending';
  if (fields.groupOrder === 2) parameters.groupOrder = 'descending';
  if (fields.expires !== undefined && fields.expires !== 0n) parameters.expires = fields.expires;
  if (fields.largest !== undefined) parameters.largestObject = fields.largest;
  if (fields.filterType !== undefined)
    parameters.filter = filterFromNumbers({ ...fields, filterType: fields.filterType });
  if (fields.endGroupPlusOne !== undefined) {
    const start = { group: fields.startGroup ?? 0n, object: fields.startObject ?? 0n };
    parameters.filter =
      fields.endGroupPlusOne === 0n
        ? { type: 'absolute-start', start }
        : { type: 'absolute-range', start, endGroup: fields.endGroupPlusOne - 1n };
  }
  return parameters;
}

/**
 * Parameters as this message of this draft carries them. Throws EncodeError when it has no place for one that is set:
 * to leave it out would change what is asked for.
 */
export function writeParameters(parameters: Parameters, layout: MessageLayout, tables: ControlTables): RawFields {
  const { unknown, ...known } = parameters;
  const rest = known as Record<string, unknown>;
  const fields = takeFixedFields(rest, layout);
  const pairs: Pair[] = [];
  for (const definition of tables.parameters) {
    const value = definition.key === undefined ? undefined : rest[definition.key];
    if (value === undefined || !belongsTo(definition, layout.view)) continue;
    const values = definition.repeatable === true ? (value as readonly unknown[]) : [value];
    for (const one of values) pairs.push({ definition, type: definition.type, value: one });
    delete rest[definition.key as string];
  }
  const leftOver = Object.keys(rest).find((key) => rest[key] !== undefined);
  if (leftOver !== undefined) throw new EncodeError(`${layout.view} has no place for ${leftOver} in this draft`);
  if (unknown !== undefined) pairs.push(...writePairs(unknown, []));
  if (layout.has('parameters') || pairs.length > 0) fields.parameters = pairs;
  return fields;
}

/** Moves the values that the layout has fields for from `rest` to those fields. */
function takeFixedFields(rest: Writable<Parameters>, layout: MessageLayout): RawFields {
  const fields: RawFields = {};
  if (layout.has('subscriberPriority')) {
    fields.subscriberPriority = rest.subscriberPriority;
    delete rest.subscriberPriority;
  }
  if (layout.has('forward')) {
    if (rest.forward !== undefined) fields.forward = rest.forward ? 1 : 0;
    delete rest.forward;
  }
  if (layout.has('groupOrder')) {
    if (rest.groupOrder !== undefined) fields.groupOrder = rest.groupOrder === 'ascending' ? 1 : 2;
    delete rest.groupOrder;
  }
  if (layout.has('expires')) {
    fields.expires = rest.expires;
    delete rest.expires;
  }
  if (layout.has('contentExists')) {
    fields.contentExists = rest.largestObject === undefined ? 0 : 1;
    fields.largest = rest.largestObject;
    delete rest.largestObject;
  }
  if (layout.has('filterType')) {
    const filter = rest.filter;
    if (filter !== undefined) Object.assign(fields, filterToNumbers(filter));
    else fields.filterType = layout.fallback('filterType');
    delete rest.filter;
  }
  if (layout.has('endGroupPlusOne')) {
    Object.assign(fields, updatedRange(rest.filter));
    delete rest.filter;
  }
  return fields;
}

/** SUBSCRIBE_UPDATE always states the whole range, so there is none that means "unchanged" (draft-14 §9.10). */
function updatedRange(filter: SubscriptionFilter | undefined): RawFields {
  if (filter?.type !== 'absolute-start' && filter?.type !== 'absolute-range') {
    throw new EncodeError('subscribe_update needs a filter with a start location in this draft');
  }
  return {
    startGroup: filter.start.group,
    startObject: filter.start.object,
    endGroupPlusOne: filter.type === 'absolute-range' ? filter.endGroup + 1n : 0n,
  };
}
