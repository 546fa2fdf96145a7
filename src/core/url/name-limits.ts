/** Most fields a namespace may have, in every draft (draft-18 §2.4.1). */
export const MAX_NAMESPACE_FIELDS = 32;
/** Most bytes in all fields and the track name together, in every draft (draft-18 §2.4.1). */
export const MAX_FULL_TRACK_NAME_BYTES = 4096;
