import type { DataDefinition } from '../data-layout.js';
import type { ObjectStatus } from '../messages/object.js';

/** Draft-14 §10. */
export const data14: DataDefinition = {
  integers: 'quic',
  propertyKeys: 'absolute',
  statuses: new Map<number, ObjectStatus>([
    [0, 'normal'],
    [1, 'does-not-exist'],
    [3, 'end-of-group'],
    [4, 'end-of-track'],
  ]),
  // §10.2.1.2: all but Object Does Not Exist.
  statusesWithProperties: new Set<ObjectStatus>(['normal', 'end-of-group', 'end-of-track']),
  subgroup: { properties: 0x01, idModeShift: 1, endOfGroup: 0x08, base: 0x10, defaultPriority: 0, firstObject: 0 },
  datagram: {
    properties: 0x01,
    endOfGroup: 0x02,
    zeroObjectId: 0x04,
    defaultPriority: 0,
    status: 0x20,
    valid: new Set([0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x20, 0x21]),
  },
  fetch: { kind: 'absolute' },
  streamTypes: { fetch: 0x05, control: null, padding: null },
  paddingDatagram: null,
};
