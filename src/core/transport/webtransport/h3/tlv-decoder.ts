import { readVarint, varintLength } from './varint.js';

/**
 * What becomes of an item's value: `whole` collects it (the policy has checked its length, because a buffer of that size
 * is allocated), `pass` hands its bytes on as they come, `skip` drops them.
 */
export type TlvMode = 'whole' | 'pass' | 'skip';

/** Decides per item, before anything is allocated; throws to refuse it. */
export type TlvPolicy = (type: number, length: number) => TlvMode;

export type TlvEvent =
  | { readonly kind: 'item'; readonly type: number; readonly value: Uint8Array }
  | { readonly kind: 'part'; readonly type: number; readonly bytes: Uint8Array };

/** Two varints of at most 8 bytes. */
const MAX_HEAD = 16;

/**
 * An incremental reader of {type varint, length varint, value}: the shape that HTTP/3 frames (RFC 9114 §7.1) and capsules
 * (RFC 9297 §3.2) share. Values that lie within one chunk are views of it; nothing is copied but what spans chunks.
 */
export class TlvDecoder {
  readonly #head = new Uint8Array(MAX_HEAD);
  #headLength = 0;
  #mode: TlvMode | null = null;
  #type = 0;
  #remaining = 0;
  #value: Uint8Array | null = null;

  readonly #policy: TlvPolicy;

  constructor(policy: TlvPolicy) {
    this.#policy = policy;
  }

  /** True between items: the only place where the stream may end. */
  get atBoundary(): boolean {
    return this.#mode === null && this.#headLength === 0;
  }

  /** Takes `chunk` and returns what it completed, in order. Throws what the policy throws; the decoder is then unusable. */
  push(chunk: Uint8Array): TlvEvent[] {
    const events: TlvEvent[] = [];
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#mode === null) {
        offset = this.takeHead(chunk, offset, events);
        continue;
      }
      const end = Math.min(chunk.length, offset + this.#remaining);
      this.takeValue(chunk, offset, end, events);
      offset = end;
    }
    return events;
  }

  private takeHead(chunk: Uint8Array, start: number, events: TlvEvent[]): number {
    let offset = start;
    while (offset < chunk.length) {
      this.#head[this.#headLength++] = chunk[offset++] as number;
      const typeLength = varintLength(this.#head[0] as number);
      if (this.#headLength <= typeLength) continue;
      if (this.#headLength < typeLength + varintLength(this.#head[typeLength] as number)) continue;
      this.#type = readVarint(this.#head, 0);
      this.#remaining = readVarint(this.#head, typeLength);
      this.#headLength = 0;
      const mode = this.#policy(this.#type, this.#remaining);
      if (this.#remaining > 0) this.#mode = mode;
      else if (mode === 'whole') events.push({ kind: 'item', type: this.#type, value: new Uint8Array(0) });
      break;
    }
    return offset;
  }

  private takeValue(chunk: Uint8Array, start: number, end: number, events: TlvEvent[]): void {
    const length = end - start;
    if (this.#mode === 'pass') {
      events.push({ kind: 'part', type: this.#type, bytes: chunk.subarray(start, end) });
    } else if (this.#mode === 'whole') {
      if (this.#value === null && length === this.#remaining) {
        events.push({ kind: 'item', type: this.#type, value: chunk.subarray(start, end) });
      } else {
        this.#value ??= new Uint8Array(this.#remaining);
        this.#value.set(chunk.subarray(start, end), this.#value.length - this.#remaining);
        if (length === this.#remaining) {
          events.push({ kind: 'item', type: this.#type, value: this.#value });
          this.#value = null;
        }
      }
    }
    this.#remaining -= length;
    if (this.#remaining === 0) this.#mode = null;
  }
}
