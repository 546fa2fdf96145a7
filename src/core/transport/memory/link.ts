import type { Clock } from '../../util/clock.js';

export interface LinkOptions {
  readonly clock: Clock;
  /** One-way delay in ms, asked for every frame; varying values let streams overtake one another. */
  readonly latencyMs: () => number;
  /** Extra delay in ms of every frame of one stream. */
  readonly streamDelayMs: (streamId: bigint) => number;
}

interface Frame {
  readonly due: number;
  readonly deliver: () => void;
}

// Captured so that a test which fakes the timers does not freeze the transport under it.
const nextTurn = setImmediate;

/**
 * One direction of a memory connection: delivers frames later, never in the caller's stack. Frames of one stream keep
 * their order, as QUIC guarantees; frames of different streams keep it only while their delays are equal.
 */
export class Link {
  readonly #options: LinkOptions;
  #ready: (() => void)[] = [];
  #scheduled = false;
  /** Sorted by due time; equal times in order of sending. */
  readonly #delayed: Frame[] = [];
  readonly #lastDue = new Map<bigint | null, number>();
  #timer: { cancel(): void } | null = null;
  #paused = false;
  #cut = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** `streamId` null: a frame of the connection itself. */
  send(streamId: bigint | null, deliver: () => void): void {
    if (this.#cut) return;
    const { clock, latencyMs, streamDelayMs } = this.#options;
    const delay = latencyMs() + (streamId === null ? 0 : streamDelayMs(streamId));
    const floor = this.#lastDue.get(streamId);
    if (delay <= 0 && floor === undefined) {
      this.#ready.push(deliver);
      this.#schedule();
      return;
    }
    const due = Math.max(clock.now() + delay, floor ?? 0);
    this.#lastDue.set(streamId, due);
    let at = this.#delayed.length;
    while (at > 0 && (this.#delayed[at - 1] as Frame).due > due) at--;
    this.#delayed.splice(at, 0, { due, deliver });
    if (at === 0) this.#arm();
  }

  /** Holds everything back, as a network that went dark does; nothing is lost. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
    this.#arm();
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Drops what is under way and all that follows. */
  cut(): void {
    this.#cut = true;
    this.#ready = [];
    this.#delayed.length = 0;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused || this.#ready.length === 0) return;
    this.#scheduled = true;
    nextTurn(() => {
      this.#scheduled = false;
      if (!this.#paused) this.#deliverReady();
    });
  }

  #deliverReady(): void {
    const frames = this.#ready;
    this.#ready = [];
    for (const deliver of frames) if (!this.#cut) deliver();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const first = this.#delayed[0];
    if (first === undefined || this.#paused) return;
    const wait = Math.max(0, first.due - this.#options.clock.now());
    this.#timer = this.#options.clock.after(wait, () => this.#fire());
  }

  #fire(): void {
    this.#timer = null;
    if (this.#paused) return;
    // A timer can come before the turn that undelayed frames wait for, and those may precede it on the same stream.
    this.#deliverReady();
    const now = this.#options.clock.now();
    let count = 0;
    while (count < this.#delayed.length && (this.#delayed[count] as Frame).due <= now) count++;
    const frames = this.#delayed.splice(0, count);
    for (const [stream, due] of this.#lastDue) if (due <= now) this.#lastDue.delete(stream);
    for (const { deliver } of frames) if (!this.#cut) deliver();
    this.#arm();
  }
}
