import { findFrame, readBody, writeMessage } from './control/framing.js';
import { fromControlMessage, toControlMessage } from './control/mappings/index.js';
import type { ControlMessage } from './messages/control-message.js';
import type { DraftProfile } from './profile.js';
import { EncodeError } from './wire-error.js';

/**
 * A control message as this draft writes it. Throws EncodeError when the draft lacks the message, has no place for a
 * value that is set, needs one that is not, or forbids one; nothing is left out silently.
 */
export function encodeControlMessage(profile: DraftProfile, message: ControlMessage): Uint8Array {
  const request = 'request' in message ? message.request : undefined;
  const layout = profile.control.layout(message.type, request);
  if (layout === undefined) {
    const name = request === undefined ? message.type : `${message.type} for ${request}`;
    throw new EncodeError(`draft ${profile.draft} has no ${name}`);
  }
  return writeMessage(profile, layout, fromControlMessage(message, layout, profile.control));
}

/** A decoded message with the bytes that it came in. */
export interface DecodedControlMessage {
  readonly message: ControlMessage;
  readonly raw: Uint8Array;
}

const INITIAL_CAPACITY = 1024;

/**
 * Decodes the messages of one control or request stream, however its bytes are cut. It never holds more than what was
 * pushed and not yet taken: take messages until `next` returns null after every push.
 */
export class ControlDecoder {
  private buffer = new Uint8Array(INITIAL_CAPACITY);
  private start = 0;
  private end = 0;
  private failure: unknown;

  constructor(private readonly profile: DraftProfile) {}

  /** Bytes that are not yet part of a message returned. When the stream ends, any left are a truncated message. */
  get pendingBytes(): number {
    return this.end - this.start;
  }

  push(chunk: Uint8Array): void {
    this.makeRoom(chunk.length);
    this.buffer.set(chunk, this.end);
    this.end += chunk.length;
  }

  /**
   * The next message, or null when more bytes are needed. Throws WireError for a violation, and again on every later
   * call: after one there is no telling where the next message begins.
   */
  next(): DecodedControlMessage | null {
    if (this.failure !== undefined) throw this.failure;
    try {
      const frame = findFrame(this.profile, this.buffer, this.start, this.end);
      if (frame === null) return null;
      // A copy, so that the names and tokens in the message outlive the buffer.
      const raw = this.buffer.slice(this.start, frame.bodyEnd);
      const bodyStart = frame.bodyStart - this.start;
      const fields = readBody(this.profile, raw, { layout: frame.layout, bodyStart, bodyEnd: raw.length });
      const message = toControlMessage(fields, frame.layout);
      this.start = frame.bodyEnd;
      return { message, raw };
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  private makeRoom(count: number): void {
    if (this.end + count <= this.buffer.length) return;
    const pending = this.pendingBytes;
    const capacity = pending + count;
    const target =
      capacity <= this.buffer.length / 2 ? this.buffer : new Uint8Array(Math.max(capacity, this.buffer.length * 2));
    target.set(this.buffer.subarray(this.start, this.end));
    this.buffer = target;
    this.start = 0;
    this.end = pending;
  }
}
