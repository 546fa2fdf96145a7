import type { TraceDirection, TraceEvent } from '../records/trace-event.js';
import { traceKindName } from '../records/trace-event.js';
import type { TraceItem } from './trace-item.js';
import { messageName } from './track-names.js';

/** What is let through: an event must pass all that is said. */
export interface TraceFilter {
  /** Names of kinds, such as `control-message`. */
  readonly kinds?: readonly string[] | undefined;
  /** Names of control messages, such as `subscribe_ok`; other kinds do not pass. */
  readonly messages?: readonly string[] | undefined;
  readonly direction?: TraceDirection | undefined;
  readonly streams?: readonly bigint[] | undefined;
  readonly trackAliases?: readonly bigint[] | undefined;
  readonly groups?: { readonly first: bigint; readonly last: bigint } | undefined;
  readonly peers?: readonly string[] | undefined;
  /** Microseconds since the start. */
  readonly fromUs?: number | undefined;
  readonly untilUs?: number | undefined;
}

/** Headers and notes pass; events as the filter says, with the sequence numbers that they have. */
export async function* filterTrace(
  items: AsyncIterable<TraceItem>,
  filter: TraceFilter,
): AsyncGenerator<TraceItem, void, void> {
  const streams = new StreamFacts();
  for await (const item of items) {
    if (item.type !== 'event') yield item;
    else {
      const facts = streams.of(item.event);
      if (passes(item.event, facts, filter)) yield item;
      if (item.event.kind === 2) streams.forget(item.event);
    }
  }
}

interface Facts {
  readonly direction?: TraceDirection | undefined;
  readonly trackAlias?: bigint | undefined;
  readonly group?: bigint | undefined;
}

const MAX_STREAMS = 200_000;

/** What a stream's header says goes for all that happens on it. */
class StreamFacts {
  private readonly known = new Map<string, Facts>();

  of(event: TraceEvent): Facts {
    const streamId = 'streamId' in event ? event.streamId : undefined;
    if (streamId === undefined) return {};
    const key = `${event.peer ?? ''} ${streamId}`;
    if (event.kind === 1) {
      const { direction, trackAlias, group } = event;
      if (this.known.size < MAX_STREAMS) this.known.set(key, { direction, trackAlias, group });
      return { direction, trackAlias, group };
    }
    const facts = event.kind === 0 ? { direction: event.direction } : this.known.get(key);
    return 'group' in event ? { ...facts, group: event.group } : (facts ?? {});
  }

  forget({ peer = '', streamId }: { readonly peer?: string | undefined; readonly streamId: bigint }): void {
    this.known.delete(`${peer} ${streamId}`);
  }
}

function passes(event: TraceEvent, facts: Facts, filter: TraceFilter): boolean {
  const { kinds, messages, direction, streams, trackAliases, groups, peers, fromUs = 0, untilUs } = filter;
  if (kinds !== undefined && !kinds.includes(traceKindName(event))) return false;
  if (messages !== undefined && !(event.kind === 0 && messages.includes(messageName(event)))) return false;
  if (direction !== undefined && facts.direction !== direction) return false;
  const streamId = 'streamId' in event ? event.streamId : undefined;
  if (streams !== undefined && (streamId === undefined || !streams.includes(streamId))) return false;
  if (trackAliases !== undefined && (facts.trackAlias === undefined || !trackAliases.includes(facts.trackAlias)))
    return false;
  const { group } = facts;
  if (groups !== undefined && (group === undefined || group < groups.first || group > groups.last)) return false;
  if (peers !== undefined && (event.peer === undefined || !peers.includes(event.peer))) return false;
  return event.timeUs >= fromUs && (untilUs === undefined || event.timeUs <= untilUs);
}
