import { traceDraft } from '../../records/trace-event.js';
import { profileByDraft } from '../../wire/drafts/index.js';
import { SubgroupDecoder } from '../../wire/subgroup.js';
import type { JsonMap } from '../json-value.js';

const LIMITS = { maxObjectBytes: 0, maxPropertiesBytes: 0 };

/**
 * What the bytes of a SUBGROUP_HEADER say beyond its IDs, in the words of the qlog draft; nothing where they are not those of a
 * header of the draft. Every type that is assigned has one byte.
 */
export function subgroupFields(protocol: string, bytes: Uint8Array): JsonMap {
  const draft = traceDraft(protocol);
  const profile = draft === null ? undefined : profileByDraft(draft);
  if (profile === undefined) return {};
  const decoder = new SubgroupDecoder(profile, LIMITS);
  try {
    decoder.push(bytes);
  } catch {
    return {};
  }
  const { header } = decoder;
  if (header === null) return {};
  return {
    subgroup_id_mode: ((bytes[0] as number) >> profile.data.subgroup.idModeShift) & 3,
    ...(header.priority === null ? {} : { publisher_priority: header.priority }),
    contains_end_of_group: header.endOfGroup,
    properties_present: header.hasProperties,
  };
}
