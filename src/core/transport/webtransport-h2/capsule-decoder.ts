import { MAX_CLOSE_REASON_BYTES } from '../webtransport/capsules.js';
import { varintLength } from '../webtransport/h3/varint.js';
import { CAPSULE, CapsuleError, MAX_STREAMS_LIMIT } from './capsules.js';

/** Largest datagram that is taken; longer ones are dropped and counted, as the draft allows (§6.11). */
export const MAX_RECEIVED_DATAGRAM = 65_535;

export type StreamKind = 'uni' | 'bidi';

/** What capsules say. Stream IDs and limits above 2^53 lose their low bits, and no such ID or limit is ever reached. */
export interface CapsuleHandler {
  /** A piece of a stream capsule, empty when the capsule is; `fin` with its last piece. */
  onStream(id: number, bytes: Uint8Array, fin: boolean): void;
  onReset(id: number, code: bigint, reliableSize: number | null): void;
  onStopSending(id: number, code: bigint): void;
  onMaxData(limit: number): void;
  onMaxStreamData(id: number, limit: number): void;
  onMaxStreams(kind: StreamKind, limit: number): void;
  onStreamsBlocked(): void;
  onDatagram(bytes: Uint8Array): void;
  onDatagramTooLarge(): void;
  onClose(code: bigint, reason: string): void;
  onDrain(): void;
}

const EMPTY = new Uint8Array(0);

/** Where the next byte belongs. */
type Phase = 'type' | 'length' | 'stream-id' | 'stream-data' | 'value' | 'skip';

const NAMES = new Map<number, string>(Object.entries(CAPSULE).map(([name, type]) => [type, name]));

const VARINT_BYTES = 8;

/** Shortest and longest value of capsules that are collected before they are read. */
const VALUE_BOUNDS = new Map<number, readonly [number, number]>([
  [CAPSULE.CLOSE_SESSION, [4, 4 + MAX_CLOSE_REASON_BYTES]],
  [CAPSULE.DRAIN_SESSION, [0, 0]],
  [CAPSULE.RESET_STREAM, [2, 3 * VARINT_BYTES]],
  [CAPSULE.STOP_SENDING, [2, 2 * VARINT_BYTES]],
  [CAPSULE.MAX_DATA, [1, VARINT_BYTES]],
  [CAPSULE.MAX_STREAM_DATA, [2, 2 * VARINT_BYTES]],
  [CAPSULE.MAX_STREAMS_BIDI, [1, VARINT_BYTES]],
  [CAPSULE.MAX_STREAMS_UNI, [1, VARINT_BYTES]],
  [CAPSULE.DATA_BLOCKED, [1, VARINT_BYTES]],
  [CAPSULE.STREAM_DATA_BLOCKED, [2, 2 * VARINT_BYTES]],
  [CAPSULE.STREAMS_BLOCKED_A, [1, VARINT_BYTES]],
  [CAPSULE.STREAMS_BLOCKED_B, [1, VARINT_BYTES]],
]);

/**
 * Reads the capsules of a session as they come, whatever the pieces. Stream data is passed on without being collected, every
 * other length is checked before anything is allocated, and unknown capsules are skipped (RFC 9297 §3.2).
 */
export class CapsuleDecoder {
  readonly #handler: CapsuleHandler;
  #phase: Phase = 'type';
  /** The varint being read, and how many bytes of it are missing; −1 before its first byte. */
  #varint = 0;
  #varintLeft = -1;
  #type = 0;
  /** Bytes of the capsule's value still to come. */
  #remaining = 0;
  #streamId = 0;
  #value: Uint8Array | null = null;
  #stopped = false;

  constructor(handler: CapsuleHandler) {
    this.#handler = handler;
  }

  /** True between capsules: where the session may end. */
  get atBoundary(): boolean {
    return this.#phase === 'type' && this.#varintLeft < 0;
  }

  /** Ignores everything from here on, the rest of the current chunk included. */
  stop(): void {
    this.#stopped = true;
    this.#value = null;
  }

  /** Throws CapsuleError for what breaks the rules, and whatever the handler throws; it is of no use afterwards. */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length && !this.#stopped) {
      if (this.#phase === 'type' || this.#phase === 'length' || this.#phase === 'stream-id') {
        if (this.#takeVarintByte(chunk[offset++] as number)) this.#onVarint();
        continue;
      }
      const end = Math.min(chunk.length, offset + this.#remaining);
      this.#takeValue(chunk.subarray(offset, end));
      offset = end;
    }
  }

  #takeVarintByte(byte: number): boolean {
    if (this.#varintLeft < 0) {
      this.#varintLeft = varintLength(byte) - 1;
      this.#varint = byte & 0x3f;
      if (this.#phase === 'stream-id') this.#takeStreamIdLength(this.#varintLeft + 1);
    } else {
      this.#varint = this.#varint * 256 + byte;
      this.#varintLeft--;
    }
    if (this.#varintLeft > 0) return false;
    this.#varintLeft = -1;
    return true;
  }

  #takeStreamIdLength(bytes: number): void {
    if (bytes > this.#remaining) throw malformed('STREAM', `of ${this.#remaining} bytes has no room for its stream ID`);
    this.#remaining -= bytes;
  }

  #onVarint(): void {
    if (this.#phase === 'type') {
      this.#type = this.#varint;
      this.#phase = 'length';
    } else if (this.#phase === 'length') {
      this.#remaining = this.#varint;
      this.#begin();
    } else {
      this.#streamId = this.#varint;
      this.#phase = 'stream-data';
      if (this.#remaining === 0) this.#takeValue(EMPTY);
    }
  }

  /** Type and length are known. */
  #begin(): void {
    const type = this.#type;
    const length = this.#remaining;
    if (type === CAPSULE.STREAM || type === CAPSULE.STREAM_FIN) {
      if (length === 0) throw malformed('STREAM', 'without a stream ID');
      this.#phase = 'stream-id';
      return;
    }
    this.#phase = this.#isCollected(type, length) ? 'value' : 'skip';
    if (length === 0) this.#takeValue(EMPTY);
  }

  #isCollected(type: number, length: number): boolean {
    if (type === CAPSULE.DATAGRAM) {
      if (length <= MAX_RECEIVED_DATAGRAM) return true;
      this.#handler.onDatagramTooLarge();
      return false;
    }
    const bounds = VALUE_BOUNDS.get(type);
    if (bounds === undefined) return false;
    const [shortest, longest] = bounds;
    if (length < shortest || length > longest) throw malformed(NAMES.get(type) as string, `of ${length} bytes`);
    return true;
  }

  #takeValue(bytes: Uint8Array): void {
    this.#remaining -= bytes.length;
    const complete = this.#remaining === 0;
    const phase = this.#phase;
    if (complete) this.#phase = 'type';
    if (phase === 'stream-data') {
      this.#handler.onStream(this.#streamId, bytes, complete && this.#type === CAPSULE.STREAM_FIN);
    } else if (phase === 'value') {
      this.#collect(bytes, complete);
    }
  }

  #collect(bytes: Uint8Array, complete: boolean): void {
    if (complete && this.#value === null) {
      this.#dispatch(bytes);
      return;
    }
    this.#value ??= new Uint8Array(bytes.length + this.#remaining);
    this.#value.set(bytes, this.#value.length - this.#remaining - bytes.length);
    if (!complete) return;
    const value = this.#value;
    this.#value = null;
    this.#dispatch(value);
  }

  #dispatch(value: Uint8Array): void {
    const handler = this.#handler;
    switch (this.#type) {
      case CAPSULE.DATAGRAM:
        handler.onDatagram(value);
        return;
      case CAPSULE.CLOSE_SESSION: {
        const code = new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(0);
        // Not fatal for bad UTF-8: the reason is for people, and the code counts.
        handler.onClose(BigInt(code), new TextDecoder().decode(value.subarray(4)));
        return;
      }
      case CAPSULE.DRAIN_SESSION:
        handler.onDrain();
        return;
      default:
        this.#dispatchVarints(new ValueReader(NAMES.get(this.#type) as string, value));
    }
  }

  #dispatchVarints(value: ValueReader): void {
    const handler = this.#handler;
    const first = value.varint();
    switch (this.#type) {
      case CAPSULE.RESET_STREAM: {
        const code = value.bigVarint();
        const reliableSize = value.atEnd ? null : value.varint();
        value.finish();
        handler.onReset(first, code, reliableSize);
        return;
      }
      case CAPSULE.STOP_SENDING: {
        const code = value.bigVarint();
        value.finish();
        handler.onStopSending(first, code);
        return;
      }
      case CAPSULE.MAX_STREAM_DATA:
      case CAPSULE.STREAM_DATA_BLOCKED: {
        const limit = value.varint();
        value.finish();
        if (this.#type === CAPSULE.MAX_STREAM_DATA) handler.onMaxStreamData(first, limit);
        return;
      }
    }
    value.finish();
    if (this.#type === CAPSULE.MAX_DATA) handler.onMaxData(first);
    else if (this.#type !== CAPSULE.DATA_BLOCKED) this.#dispatchStreamLimit(first);
  }

  #dispatchStreamLimit(limit: number): void {
    if (limit > MAX_STREAMS_LIMIT) throw malformed(NAMES.get(this.#type) as string, 'names more than 2^60 streams');
    if (this.#type === CAPSULE.MAX_STREAMS_UNI) this.#handler.onMaxStreams('uni', limit);
    else if (this.#type === CAPSULE.MAX_STREAMS_BIDI) this.#handler.onMaxStreams('bidi', limit);
    else this.#handler.onStreamsBlocked();
  }
}

/** The varints of a capsule's value. */
class ValueReader {
  #offset = 0;

  constructor(
    readonly name: string,
    readonly bytes: Uint8Array,
  ) {}

  get atEnd(): boolean {
    return this.#offset === this.bytes.length;
  }

  varint(): number {
    return Number(this.bigVarint());
  }

  bigVarint(): bigint {
    const first = this.bytes[this.#offset];
    const length = first === undefined ? 1 : varintLength(first);
    if (first === undefined || this.#offset + length > this.bytes.length) throw malformed(this.name, 'is cut short');
    let value = BigInt(first & 0x3f);
    for (let i = 1; i < length; i++) value = (value << 8n) | BigInt(this.bytes[this.#offset + i] as number);
    this.#offset += length;
    return value;
  }

  finish(): void {
    if (!this.atEnd) throw malformed(this.name, `has ${this.bytes.length - this.#offset} bytes too many`);
  }
}

function malformed(name: string, what: string): CapsuleError {
  return new CapsuleError('PROTOCOL_ERROR', `${name} capsule ${what}`);
}
