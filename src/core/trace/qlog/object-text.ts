import type { ObjectHeaderEvent, ObjectPayloadEvent, StreamOpenedEvent } from '../../records/trace-event.js';
import { STATUSES } from './event-names.js';

const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * The record of an object in a subgroup as JSON, byte for byte that which the writer makes of any other object; null when there is
 * something about it that is not in every trace. Objects are most of a file, and this is several times as fast.
 *
 * @param delta see StreamPlaces.
 */
export function objectText(
  header: ObjectHeaderEvent,
  payload: ObjectPayloadEvent | undefined,
  stream: StreamOpenedEvent | undefined,
  delta: bigint | null,
): string | null {
  const { sequence, timeUs, peer, status } = header;
  const code = STATUSES[status];
  if (code === undefined || header.extra !== undefined || stream?.streamType !== 'subgroup' || delta === null)
    return null;
  if (payload !== undefined && (payload.payload !== undefined || payload.extra !== undefined)) return null;
  const time = timeUs / 1000;
  if (Math.round(time * 1000) !== timeUs) return null;
  const p = peer === undefined ? '' : `,"p":${JSON.stringify(peer)}`;
  const sg = stream.subgroup === undefined ? '' : `,"subgroup_id":${integer(stream.subgroup)}`;
  const length =
    payload === undefined && status === 0 ? '' : `,"object_payload_length":${payload === undefined ? 0 : payload.size}`;
  const paid = payload === undefined ? '' : `,"payload":{"t":${payload.timeUs},"n":${payload.sequence},"e":4${p}}`;
  const way = stream.direction === 'sent' ? 'created' : 'parsed';
  return `{"time":${time},"name":"moqt:subgroup_object_${way}","data":{"stream_id":${integer(header.streamId)},"group_id":${integer(header.group)},"object_id":${integer(header.object)},"object_id_delta":${integer(delta)},"publisher_priority":${header.priority}${sg},"object_status":${code}${length}},"moqtrace":{"n":${sequence},"e":3${p}${paid}}}`;
}

function integer(value: bigint): string {
  return value <= MAX_EXACT ? String(value) : `"${value}"`;
}
