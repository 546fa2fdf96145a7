import type { NewTraceEvent } from '../records/trace-event.js';

/** What the events of objects have in common: one is used as long as they come from the same group of the same stream. */
export interface ObjectPlace {
  /** The session's name in a trace of several. */
  readonly peer: string | undefined;
  readonly streamId: bigint;
  readonly group: bigint;
}

/**
 * Takes the events of sessions. Objects are most of every trace and the only events on the path of the data: unless there is a
 * payload to be kept, no event is made of them, but what it would say is passed on as it is.
 */
export interface EventSink {
  /** Microseconds since the trace began, for events that belong to one moment. */
  now(): number;
  add(event: NewTraceEvent, timeUs?: number): void;
  /**
   * The header of an object (kind 3), and right behind it the size of its payload (kind 4).
   *
   * @param status as in ObjectHeaderEvent.
   * @param size bytes; 0 when there is no payload, or it follows.
   */
  object(timeUs: number, place: ObjectPlace, object: bigint, priority: number, status: number, size: number): void;
  /** The size of the payload of an object whose header was given before. */
  size(timeUs: number, place: ObjectPlace, object: bigint, size: number): void;
}

/** Writes the events of objects into a buffer that has room for them. Each method gives the offset behind what it wrote. */
export interface ObjectEncoder {
  /** Bytes that one call of `object` writes at most. */
  room(place: ObjectPlace): number;
  /** Its parameters are those of the sink; a size takes the sequence number that follows. */
  object(
    bytes: Uint8Array,
    offset: number,
    sequence: number,
    timeUs: number,
    place: ObjectPlace,
    object: bigint,
    priority: number,
    status: number,
    size: number,
  ): number;
  size(
    bytes: Uint8Array,
    offset: number,
    sequence: number,
    timeUs: number,
    place: ObjectPlace,
    object: bigint,
    size: number,
  ): number;
}

/** The same as an event. */
export function objectHeaderEvent(
  place: ObjectPlace,
  object: bigint,
  priority: number,
  status: number,
): Extract<NewTraceEvent, { kind: 3 }> {
  const { peer, streamId, group } = place;
  return { kind: 3, streamId, group, object, priority, status, ...(peer === undefined ? {} : { peer }) };
}

/** The same as an event. */
export function objectSizeEvent(place: ObjectPlace, object: bigint, size: number): Extract<NewTraceEvent, { kind: 4 }> {
  const { peer, streamId, group } = place;
  return { kind: 4, streamId, group, object, size, ...(peer === undefined ? {} : { peer }) };
}
