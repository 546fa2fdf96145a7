import type { ControlMessageEvent, TraceValue } from '../records/trace-event.js';
import { isMap } from './header-fields.js';

/** Requests that are remembered until their answer. */
const MAX_PENDING = 10_000;

/** The name of a message: `subscribe_ok`, or its type number. */
export function messageName({ message, messageType }: ControlMessageEvent): string {
  const name = isMap(message) ? (message.message_type ?? message.type) : undefined;
  return typeof name === 'string' ? name : `0x${messageType.toString(16)}`;
}

/**
 * Finds out which track an alias stands for: SUBSCRIBE names the track and its answer the alias, PUBLISH both. The answer is
 * found by its Request ID, or where it has none by the stream that request and answer share (from draft 17).
 */
export class TrackNames {
  private readonly pending = new Map<string, string>();
  private readonly names = new Map<string, string>();

  add(event: ControlMessageEvent): void {
    const { message } = event;
    if (!isMap(message)) return;
    const peer = event.peer ?? '';
    const name = trackName(message.track_namespace, message.track_name);
    const request = message.request_id ?? message.subscribe_id;
    const keys = [
      ...(request === undefined ? [] : [`${peer} request ${String(request)}`]),
      ...(event.streamId === undefined ? [] : [`${peer} stream ${event.streamId}`]),
    ];
    const alias = message.track_alias;
    // Requests of both sides have Request IDs of different parity, and streams are the opener's.
    if (name !== null && this.pending.size < MAX_PENDING) for (const key of keys) this.pending.set(key, name);
    if (alias === undefined) return;
    const known = name ?? keys.map((key) => this.pending.get(key)).find((found) => found !== undefined);
    // The publisher chooses the alias, and sends the data under it (draft-14 §9.8, draft-18 §10.8).
    if (known !== undefined) this.names.set(`${peer} ${event.direction} ${String(alias)}`, known);
  }

  /** The name of the track whose streams in this direction have the alias; null when no message told. */
  find(peer: string | undefined, direction: string, alias: bigint): string | null {
    return this.names.get(`${peer ?? ''} ${direction} ${alias}`) ?? null;
  }
}

function trackName(namespace: TraceValue | undefined, name: TraceValue | undefined): string | null {
  const track = plain(name);
  if (track === null) return null;
  const fields = Array.isArray(namespace) ? namespace.map(plain) : [plain(namespace)];
  return fields.includes(null) ? null : `${fields.join('/')} ${track}`;
}

/** Text as ours and mlog have it, or `{value}` of the qlog draft. */
function plain(value: TraceValue | undefined): string | null {
  if (typeof value === 'string') return value;
  return isMap(value) && typeof value.value === 'string' ? value.value : null;
}
