import type { DataDefinition } from '../data-layout.js';
import { data16, fetch16 } from './data-16.js';

/** Draft-18 §11, as what it changes in 16. */
export const data18: DataDefinition = {
  ...data16,
  integers: 'vi64',
  subgroup: { ...data16.subgroup, firstObject: 0x40 },
  fetch: { ...fetch16, ids: 'delta', priorSubgroup: 'last-known' },
  streamTypes: { fetch: 0x05, control: 0x2f00, padding: 0x132b3e28 },
  paddingDatagram: 0x132b3e29,
};
