/** What the kinds that draft-pardue-moq-qlog-moq-events does not have are called in our qlog files. */
export const OWN_PREFIX = 'moqtrace:';

/** The keys of the events of draft-pardue-moq-qlog-moq-events, by our short ones. */
export const NAMES = {
  sid: 'stream_id',
  ta: 'track_alias',
  g: 'group_id',
  sg: 'subgroup_id',
  o: 'object_id',
  pp: 'publisher_priority',
  os: 'object_status',
  fri: 'request_id',
} as const;

/** Object status by our number, as it is on the wire and in qlog (draft-18 §11.2.1.1; 1 only in 14 and 15). */
export const STATUSES = [0, 3, 4, 1] as const;

/** The number of a status in any spelling that is met: `EndOfTrack`, `end_of_track`, `0x4`, 4. Unknown: 0. */
export function statusFrom(value: unknown): number {
  if (typeof value === 'number') return [0, 3, 0, 1, 2][value] ?? 0;
  if (typeof value !== 'string') return 0;
  if (/^(0x)?\d+$/.test(value)) return statusFrom(Number(value));
  const plain = value.replace(/[^a-z]/gi, '').toLowerCase();
  if (plain.includes('endofgroup')) return 1;
  if (plain.includes('endoftrack')) return 2;
  return plain.includes('notexist') ? 3 : 0;
}
