import { WireError } from '../wire-error.js';
import type { RawFields } from './layout.js';
import { checkFullTrackName } from './names.js';

/** Namespace and name together, where a message has both (draft-18 §2.4.1). */
export function fullTrackNameFits(fields: RawFields): void {
  if (fields.name === undefined) return;
  checkFullTrackName(fields.namespace ?? fields.suffix ?? [], fields.name);
}

/**
 * The end of a standalone fetch must not be before its start (draft-18 §10.12.3). The end object is plus one, and 0
 * means the whole group.
 */
export function fetchRangeIsForward(fields: RawFields): void {
  const { startGroup, startObject, endGroup, endObject } = fields;
  if (startGroup === undefined || startObject === undefined || endGroup === undefined || endObject === undefined)
    return;
  if (endGroup < startGroup || (endGroup === startGroup && endObject !== 0n && endObject <= startObject)) {
    throw new WireError(
      `the range from group ${startGroup} object ${startObject} ends at group ${endGroup} object ${endObject}, earlier`,
    );
  }
}

/** The last group of a SUBSCRIBE_UPDATE must not be before its first (draft-14 §9.10). */
export function updateRangeIsForward(fields: RawFields): void {
  const { startGroup, endGroupPlusOne } = fields;
  if (startGroup === undefined || endGroupPlusOne === undefined || endGroupPlusOne === 0n) return;
  if (endGroupPlusOne <= startGroup) {
    throw new WireError(`the range from group ${startGroup} ends at group ${endGroupPlusOne - 1n}, earlier`);
  }
}

/** A client must offer a version, or the server cannot choose one of them (draft-14 §9.3.1). */
export function versionsAreOffered(fields: RawFields): void {
  if (fields.versions?.length === 0) {
    throw new WireError('no version is offered', { closeWith: 'VERSION_NEGOTIATION_FAILED' });
  }
}
