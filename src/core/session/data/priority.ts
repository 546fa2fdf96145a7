import { DEFAULT_PRIORITY } from '../../wire/subgroup.js';

/**
 * The transport's priority of a data stream, 1 … 255 (0 is for control): the subscriber's priority decides, then the
 * publisher's (draft-18 §7.2). Both are 8 bits wide, so the transport sees the upper 5 bits of the first and the upper 3 of
 * the second.
 */
export function streamUrgency(subscriberPriority = DEFAULT_PRIORITY, publisherPriority = DEFAULT_PRIORITY): number {
  return Math.max(1, (subscriberPriority & 0xf8) | (publisherPriority >> 5));
}
