import type { NewTraceEvent, TraceEvent, TraceHeader } from '../records/trace-event.js';
import { TRACE_LABELS } from '../records/trace-event.js';
import { type EventSink, type ObjectPlace, objectHeaderEvent, objectSizeEvent } from './object-sink.js';
import type { TraceClock } from './trace-clock.js';
import type { TraceEncoder } from './trace-item.js';
import type { TraceOutput } from './trace-output.js';

/** Bytes that may wait for the disk; beyond them events are dropped, so that a slow disk cannot take the memory. */
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
/** Events that are kept before the header can be written: the stages of connecting and the SETUP exchange. */
const MAX_EARLY_EVENTS = 1000;

/**
 * Numbers and times events and writes them to a file. Nothing here throws or waits: what cannot be written is counted, and
 * said in the trace as soon as there is room again.
 */
export class TraceLog implements EventSink {
  #early: TraceEvent[] | null = [];
  #sequence = 0;
  #dropped = 0;
  #droppedInAll = 0;

  constructor(
    private readonly encoder: TraceEncoder,
    private readonly output: TraceOutput,
    private readonly clock: TraceClock,
    private readonly maxQueuedBytes = MAX_QUEUED_BYTES,
  ) {}

  /** Events left out so far. */
  get dropped(): number {
    return this.#droppedInAll;
  }

  /** Why nothing is written any more. */
  get failure(): Error | null {
    return this.output.failure;
  }

  get hasBegun(): boolean {
    return this.#early === null;
  }

  now(): number {
    return this.clock.now();
  }

  /** Writes the header, and the events that came before it. Once. */
  begin(header: Omit<TraceHeader, 'startTime'>): void {
    const early = this.#early;
    if (early === null) return;
    this.#early = null;
    this.output.write(this.encoder.header({ ...header, startTime: this.clock.startTime }));
    for (const event of early) this.#write(event);
  }

  add(event: NewTraceEvent, timeUs = this.now()): void {
    if (!this.#hasRoom(1)) return;
    // A copy: the same event goes to other files, where it may have another number.
    const numbered: TraceEvent = { ...event, sequence: this.#sequence++, timeUs };
    if (this.#early === null) this.#write(numbered);
    else this.#early.push(numbered);
  }

  object(timeUs: number, place: ObjectPlace, object: bigint, priority: number, status: number, size: number): void {
    const { output } = this;
    const { objects } = this.encoder;
    if (objects === null || this.#early !== null) {
      this.add(objectHeaderEvent(place, object, priority, status), timeUs);
      if (size > 0) this.add(objectSizeEvent(place, object, size), timeUs);
      return;
    }
    const events = size > 0 ? 2 : 1;
    if (!this.#hasRoom(events)) return;
    const buffer = output.reserve(objects.room(place));
    const from = output.filled;
    output.advance(objects.object(buffer, from, this.#sequence, timeUs, place, object, priority, status, size));
    this.#sequence += events;
  }

  size(timeUs: number, place: ObjectPlace, object: bigint, size: number): void {
    const { output } = this;
    const { objects } = this.encoder;
    if (objects === null || this.#early !== null) {
      this.add(objectSizeEvent(place, object, size), timeUs);
      return;
    }
    if (!this.#hasRoom(1)) return;
    const buffer = output.reserve(objects.room(place));
    output.advance(objects.size(buffer, output.filled, this.#sequence++, timeUs, place, object, size));
  }

  /** Writes what is queued. `begin` must have been called, or the file stays empty. */
  async close(): Promise<void> {
    if (this.#dropped > 0 && this.#early === null) this.#tellDropped();
    this.output.write(this.encoder.end());
    await this.output.close();
  }

  #write(event: TraceEvent): void {
    this.output.write(this.encoder.event(event));
  }

  /** Counts the events as dropped where they cannot be kept; says, where they can, how many were dropped before. */
  #hasRoom(events: number): boolean {
    const isFull =
      this.#early === null ? this.output.queuedBytes > this.maxQueuedBytes : this.#early.length >= MAX_EARLY_EVENTS;
    if (isFull) {
      this.#dropped += events;
      this.#droppedInAll += events;
      return false;
    }
    if (this.#dropped > 0) this.#tellDropped();
    return true;
  }

  #tellDropped(): void {
    const events = this.#dropped;
    this.#dropped = 0;
    this.#write({
      kind: 7,
      sequence: this.#sequence++,
      timeUs: this.now(),
      label: TRACE_LABELS.dropped,
      data: { events, why: 'the file was not written as fast as events came' },
    });
  }
}
