import type { NewTraceEvent, TraceEvent, TraceHeader } from '../records/trace-event.js';
import { TRACE_LABELS } from '../records/trace-event.js';
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
export class TraceLog {
  /** Epoch ms. */
  readonly startTime: number;
  readonly #startedAt: number;
  #early: TraceEvent[] | null = [];
  #sequence = 0;
  #dropped = 0;
  #droppedInAll = 0;

  constructor(
    private readonly encoder: TraceEncoder,
    private readonly output: TraceOutput,
    private readonly maxQueuedBytes = MAX_QUEUED_BYTES,
  ) {
    this.startTime = Date.now();
    this.#startedAt = performance.now();
  }

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

  /** Microseconds since the start, for events that are about an earlier moment. */
  now(): number {
    return Math.max(0, Math.round((performance.now() - this.#startedAt) * 1000));
  }

  /** Writes the header, and the events that came before it. Once. */
  begin(header: Omit<TraceHeader, 'startTime'>): void {
    const early = this.#early;
    if (early === null) return;
    this.#early = null;
    this.output.write(this.encoder.header({ ...header, startTime: this.startTime }));
    for (const event of early) this.#write(event);
  }

  add(event: NewTraceEvent, timeUs = this.now()): void {
    if (this.output.queuedBytes > this.maxQueuedBytes) {
      this.#drop();
      return;
    }
    if (this.#dropped > 0) this.#tellDropped();
    if (this.#early === null) this.#write(numbered(event, this.#sequence++, timeUs));
    else if (this.#early.length < MAX_EARLY_EVENTS) {
      this.#early.push({ ...numbered(event, this.#sequence++, timeUs) });
    } else this.#drop();
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

  #drop(): void {
    this.#dropped++;
    this.#droppedInAll++;
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

/** In place: events are made for this, and copying each would cost more than writing it. */
function numbered(event: NewTraceEvent, sequence: number, timeUs: number): TraceEvent {
  const mutable = event as { -readonly [K in keyof TraceEvent]: TraceEvent[K] };
  mutable.sequence = sequence;
  mutable.timeUs = timeUs;
  return mutable as TraceEvent;
}
