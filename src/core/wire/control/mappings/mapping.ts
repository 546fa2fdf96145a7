import { fromUtf8, utf8 } from '../../../util/bytes.js';
import type { FullTrackName } from '../../full-track-name.js';
import type { ControlMessage } from '../../messages/control-message.js';
import type { KeyValuePair } from '../../messages/parameters.js';
import type { ControlTables } from '../../profile.js';
import { textView } from '../../view/json.js';
import { EncodeError } from '../../wire-error.js';
import type { MessageLayout, RawFields } from '../layout.js';
import { type Pair, type PairDefinition, toKeyValuePair } from '../pairs.js';

/** How one type of draft-neutral message corresponds to the fields that drafts write. */
export interface Mapping<M extends ControlMessage> {
  read(fields: RawFields, layout: MessageLayout): M;
  /** May set fields that a draft lacks: the layout refuses them. */
  write(message: M, layout: MessageLayout, tables: ControlTables): RawFields;
}

/** The value of a field that the message's layout always has, in whatever draft. */
export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a layout lacks a field that its message needs');
  return value;
}

export function readTrack(fields: RawFields): FullTrackName {
  return { namespace: required(fields.namespace), name: required(fields.name) };
}

/** Peers' text is shown, never compared, so bytes that are not UTF-8 are replaced rather than refused. */
export function readText(bytes: Uint8Array | undefined): string {
  return textView(required(bytes));
}

/** The text, or null when it is not UTF-8. */
export const readStrictText = fromUtf8;
export const writeText = utf8;

export function readProperties(pairs: readonly Pair[] | undefined): readonly KeyValuePair[] | undefined {
  return pairs?.map(toKeyValuePair);
}

/** Properties in ascending order of type. Undefined when there are none, so that a draft without them takes it. */
export function writeProperties(
  pairs: readonly KeyValuePair[] | undefined,
  definitions: readonly PairDefinition[],
): readonly Pair[] | undefined {
  return pairs === undefined || pairs.length === 0 ? undefined : sortPairs(writePairs(pairs, definitions));
}

/** Throws EncodeError for an integer where the type asks for bytes, and the other way round. */
export function writePairs(pairs: readonly KeyValuePair[], definitions: readonly PairDefinition[]): Pair[] {
  return pairs.map(({ type, value }) => {
    const odd = (type & 1n) === 1n;
    if (odd !== value instanceof Uint8Array) {
      throw new EncodeError(`type ${type} is ${odd ? 'odd and needs bytes' : 'even and needs an integer'}`);
    }
    return { definition: definitions.find((definition) => definition.type === type), type, value };
  });
}

/** In ascending order of type, as deltas need it; pairs of one type stay in their order. */
export function sortPairs(pairs: Pair[]): Pair[] {
  return pairs.sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));
}
