import { CAPSULE, encodeVarintCapsule } from './capsules.js';
import { SendWindow } from './flow-control.js';
import { OutBatch } from './out-batch.js';
import type { BytePipe } from './pipe.js';
import { SendScheduler } from './send-scheduler.js';
import { type CapsuleSendStream, TURN_BYTES } from './send-stream.js';

/** Datagrams that wait for the connection; beyond either bound more are refused. */
const MAX_QUEUED_DATAGRAMS = 512;
const MAX_QUEUED_DATAGRAM_BYTES = 512 << 10;
/** A peer that makes us answer and does not read the answers is not read from either, once this much waits for it. */
const MAX_CONTROL_BYTES = 256 << 10;

// Captured so that a test which fakes the timers does not freeze the transport under it.
const nextTurn = setImmediate;

/**
 * Everything on its way out: control capsules first, then datagrams, then streams by priority. Collects what one turn of the
 * event loop produces into few writes, and waits while HTTP/2 takes no more.
 */
export class Outbox {
  /** What the session may still send on all streams together. */
  readonly credit: SendWindow;
  /** Writes to HTTP/2 so far. */
  writes = 0;

  readonly #pipe: BytePipe;
  readonly #batch = new OutBatch();
  readonly #scheduler = new SendScheduler<CapsuleSendStream>();
  /** Streams that only the session's window holds back. */
  readonly #heldBack = new Set<CapsuleSendStream>();
  #control: Uint8Array[] = [];
  #controlBytes = 0;
  #datagrams: Uint8Array[] = [];
  #datagramBytes = 0;
  #blocked = false;
  #pausing = false;
  #scheduled = false;
  #sending = false;
  #stopped = false;

  constructor(pipe: BytePipe, maxData: number) {
    this.#pipe = pipe;
    this.credit = new SendWindow(maxData);
    pipe.onDrain(() => {
      this.#blocked = false;
      this.sendNow();
    });
  }

  /** A control capsule: small, and sent whatever the windows say. */
  control(capsule: Uint8Array): void {
    if (this.#stopped) return;
    this.#control.push(capsule);
    this.#controlBytes += capsule.length;
    if (this.#controlBytes > MAX_CONTROL_BYTES && !this.#pausing) {
      this.#pausing = true;
      this.#pipe.pause();
    }
    this.#schedule();
  }

  /** False when too many wait already. */
  datagram(capsule: Uint8Array): boolean {
    const full =
      this.#datagrams.length >= MAX_QUEUED_DATAGRAMS ||
      this.#datagramBytes + capsule.length > MAX_QUEUED_DATAGRAM_BYTES;
    if (this.#stopped || full) return false;
    this.#datagrams.push(capsule);
    this.#datagramBytes += capsule.length;
    this.#schedule();
    return true;
  }

  add(stream: CapsuleSendStream): void {
    if (this.#stopped) return;
    this.#scheduler.add(stream);
    this.#schedule();
  }

  moved(stream: CapsuleSendStream): void {
    this.#scheduler.move(stream);
  }

  remove(stream: CapsuleSendStream): void {
    this.#scheduler.remove(stream);
    this.#heldBack.delete(stream);
  }

  /** MAX_DATA. */
  raise(limit: number): void {
    if (!this.credit.raise(limit)) return;
    for (const stream of this.#heldBack) this.#scheduler.add(stream);
    this.#heldBack.clear();
    this.#schedule();
  }

  sendNow(): void {
    if (this.#sending || this.#stopped) return;
    this.#sending = true;
    while (!this.#blocked) {
      this.#fill();
      if (this.#batch.isEmpty) break;
      this.#blocked = !this.#write();
    }
    this.#sending = false;
    this.#resumeIfRelieved();
  }

  /** Sends what can be sent and then `last`, however full HTTP/2's buffer is; nothing follows. */
  finish(last: Uint8Array): void {
    if (this.#stopped) return;
    this.sendNow();
    this.#fillControl();
    while (!this.#batch.isEmpty) {
      this.#write();
      this.#fillControl();
    }
    this.#pipe.write(last);
    this.writes++;
    this.stop();
  }

  /** Forgets everything. */
  stop(): void {
    this.#stopped = true;
    this.#control = [];
    this.#controlBytes = 0;
    this.#datagrams = [];
    this.#datagramBytes = 0;
    this.#scheduler.clear();
    this.#heldBack.clear();
    this.#resumeIfRelieved();
  }

  #schedule(): void {
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    nextTurn(() => {
      this.#scheduled = false;
      this.sendNow();
    });
  }

  #write(): boolean {
    this.writes++;
    return this.#pipe.write(this.#batch.take());
  }

  #resumeIfRelieved(): void {
    if (!this.#pausing || this.#controlBytes > MAX_CONTROL_BYTES / 2) return;
    this.#pausing = false;
    this.#pipe.resume();
  }

  #fill(): void {
    this.#fillControl();
    this.#fillDatagrams();
    this.#fillStreams();
  }

  #fillControl(): void {
    let count = 0;
    for (const capsule of this.#control) {
      if (capsule.length > this.#batch.room) break;
      this.#batch.append(capsule);
      this.#controlBytes -= capsule.length;
      count++;
    }
    if (count > 0) this.#control = this.#control.slice(count);
  }

  /** Datagrams go before streams, but do not keep them from half of the room. */
  #fillDatagrams(): void {
    const reserved = this.#scheduler.isEmpty ? 0 : this.#batch.room / 2;
    let count = 0;
    for (const capsule of this.#datagrams) {
      if (capsule.length > this.#batch.room - reserved) break;
      this.#batch.append(capsule);
      this.#datagramBytes -= capsule.length;
      count++;
    }
    if (count > 0) this.#datagrams = this.#datagrams.slice(count);
  }

  #fillStreams(): void {
    while (this.#batch.room >= TURN_BYTES) {
      const stream = this.#scheduler.next();
      if (stream === null) return;
      const emitted = stream.emit(this.#batch, this.credit);
      if (emitted === 'more') this.#scheduler.add(stream);
      if (emitted !== 'session-blocked') continue;
      this.#heldBack.add(stream);
      this.#reportBlocked();
    }
  }

  #reportBlocked(): void {
    const limit = this.credit.takeBlockedAt();
    if (limit !== null) this.control(encodeVarintCapsule(CAPSULE.DATA_BLOCKED, limit));
  }
}
