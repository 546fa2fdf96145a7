import type { DataDefinition, FlaggedFetchLayout, RangeKind } from '../data-layout.js';
import type { ObjectStatus } from '../messages/object.js';
import { data14 } from './data-14.js';

/** Draft-16 §10.4.4. */
export const fetch16: FlaggedFetchLayout = {
  kind: 'flags',
  flagsAreOneByte: false,
  datagramFlag: 0x40,
  priorSubgroup: 'prior-object',
  ids: 'absolute',
  status: false,
  ranges: new Map<number, RangeKind>([
    [0x8c, 'non-existent'],
    [0x10c, 'unknown'],
  ]),
};

/** Draft-16 §10, as what it changes in 14. */
export const data16: DataDefinition = {
  ...data14,
  propertyKeys: 'delta',
  statuses: new Map<number, ObjectStatus>([
    [0, 'normal'],
    [3, 'end-of-group'],
    [4, 'end-of-track'],
  ]),
  statusesWithProperties: new Set<ObjectStatus>(['normal']),
  subgroup: { ...data14.subgroup, defaultPriority: 0x20 },
  datagram: {
    ...data14.datagram,
    defaultPriority: 0x08,
    // Status and END_OF_GROUP together are invalid (§10.3.1).
    valid: new Set([
      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x20, 0x21, 0x24,
      0x25, 0x28, 0x29, 0x2c, 0x2d,
    ]),
  },
  fetch: fetch16,
};
