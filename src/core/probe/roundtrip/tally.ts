import type { RoundtripFacts } from '../../records/probe-report.js';
import { latencyFacts } from './latency.js';
import { readStamp } from './payload.js';

/** What a round trip was to be. */
export interface TallyPlan {
  readonly objects: number;
  readonly objectBytes: number;
  readonly rate: number;
  readonly groupEvery: number;
}

/** Counts what arrives: every object belongs at one place, once, as it was sent. */
export class Tally {
  sent = 0;
  #received = 0;
  #duplicated = 0;
  #reordered = 0;
  #corrupted = 0;
  #bytes = 0;
  #firstSentMs = 0;
  #lastArrivalMs = 0;
  #firstArrivalMs: number | null = null;
  readonly #latencies: Float64Array;
  /** By sequence: 1 whole, 2 only in part, 3 changed on the way. */
  readonly #state: Uint8Array;
  /** By group: the largest object so far. */
  readonly #largest: Int32Array;

  constructor(private readonly plan: TallyPlan) {
    this.#latencies = new Float64Array(plan.objects);
    this.#state = new Uint8Array(plan.objects);
    this.#largest = new Int32Array(Math.ceil(plan.objects / plan.groupEvery)).fill(-1);
  }

  onSent(nowMs: number): void {
    if (this.sent++ === 0) this.#firstSentMs = nowMs;
  }

  /** A whole object at its place in the track. */
  onObject(group: bigint, object: bigint, payload: Uint8Array, nowMs: number): void {
    this.#lastArrivalMs = nowMs;
    this.#firstArrivalMs ??= nowMs;
    const sequence = this.#sequenceOf(group, object);
    const stamp = readStamp(payload);
    if (sequence === null || stamp?.sequence !== sequence || payload.length !== this.plan.objectBytes) {
      this.#corrupted++;
      if (sequence !== null && this.#state[sequence] !== 1) this.#state[sequence] = 3;
      return;
    }
    if (this.#state[sequence] === 1) {
      this.#duplicated++;
      return;
    }
    this.#state[sequence] = 1;
    this.#latencies[this.#received++] = Math.max(0, nowMs - stamp.sentMs);
    this.#bytes += payload.length;
    const index = Number(group);
    if (Number(object) < (this.#largest[index] as number)) this.#reordered++;
    else this.#largest[index] = Number(object);
  }

  /** An object that broke off. */
  onPartial(group: bigint, object: bigint): void {
    const sequence = this.#sequenceOf(group, object);
    if (sequence !== null && this.#state[sequence] === 0) this.#state[sequence] = 2;
  }

  get isComplete(): boolean {
    return this.#received === this.plan.objects;
  }

  /** Of the clock of `performance.now()`; null while nothing has come. */
  get firstArrivalMs(): number | null {
    return this.#firstArrivalMs;
  }

  get lastArrivalMs(): number {
    return this.#lastArrivalMs;
  }

  /** Objects that are missing though nothing of their group broke off before them: no reset stream took them along. */
  get lostAlone(): number {
    let count = 0;
    let hasBrokenOff = false;
    for (let i = 0; i < Math.min(this.sent, this.plan.objects); i++) {
      if (i % this.plan.groupEvery === 0) hasBrokenOff = false;
      if (this.#state[i] === 2) hasBrokenOff = true;
      else if (this.#state[i] === 0 && !hasBrokenOff) count++;
    }
    return count;
  }

  facts(): RoundtripFacts {
    const { objects, objectBytes, rate } = this.plan;
    const seconds = (this.#lastArrivalMs - this.#firstSentMs) / 1000;
    let lost = 0;
    let partial = 0;
    for (let i = 0; i < Math.min(this.sent, objects); i++) {
      if (this.#state[i] === 0) lost++;
      else if (this.#state[i] === 2) partial++;
    }
    return {
      sent: this.sent,
      received: this.#received,
      lost,
      duplicated: this.#duplicated,
      reordered: this.#reordered,
      corrupted: this.#corrupted,
      partial,
      groups: Math.ceil(this.sent / this.plan.groupEvery),
      objectBytes,
      rate,
      goodputBps: seconds > 0 ? (this.#bytes * 8) / seconds : 0,
      latencyMs: latencyFacts(this.#latencies.subarray(0, this.#received)),
    };
  }

  /** The number of the object that belongs at this place; null for a place where nothing was sent. */
  #sequenceOf(group: bigint, object: bigint): number | null {
    const { groupEvery, objects } = this.plan;
    if (object >= BigInt(groupEvery)) return null;
    const sequence = group * BigInt(groupEvery) + object;
    return sequence < BigInt(objects) ? Number(sequence) : null;
  }
}
