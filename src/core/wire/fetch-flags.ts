/** Serialization flags (draft-18 §11.4.4). The low two bits say where the subgroup ID is. */
export const SUBGROUP_ZERO = 0;
export const SUBGROUP_PRIOR = 1;
export const SUBGROUP_PRIOR_PLUS_ONE = 2;
export const SUBGROUP_PRESENT = 3;
export const FLAG_OBJECT = 0x04;
export const FLAG_GROUP = 0x08;
export const FLAG_PRIORITY = 0x10;
export const FLAG_PROPERTIES = 0x20;
export const KNOWN_FLAGS = SUBGROUP_PRESENT | FLAG_OBJECT | FLAG_GROUP | FLAG_PRIORITY | FLAG_PROPERTIES;

/**
 * What flags can refer to. After an end of range the location is the range's, the rest that of the last object
 * (draft-18 §11.4.4.2).
 */
export interface PriorEntry {
  location: { group: bigint; object: bigint } | null;
  object: { subgroup: bigint | null; priority: number } | null;
}
