import type { DataLayout } from './data-layout.js';
import type { ObjectStatus } from './messages/object.js';
import { EncodeError } from './wire-error.js';

/** Longest object header without its properties: seven integers and two bytes. */
const MAX_FIXED_BYTES = 80;
const SLAB_BYTES = 8192;

/*
 * Headers are a few bytes each and are handed to the transport, which copies them. Cutting them from a shared slab
 * is cheaper than an allocation per object; a slab is never written twice.
 */
let slab = new Uint8Array(0);
/** Of the slab. Asking a view for its buffer costs more than making a view. */
let memory: ArrayBuffer = slab.buffer;
let used = 0;

/** Writes the integers of one object header at a time. What `finish` returns is never overwritten. */
export class HeaderWriter {
  private target: Uint8Array = slab;
  private targetMemory: ArrayBuffer = memory;
  private start = 0;
  private offset = 0;
  private readonly quic: boolean;

  constructor(private readonly layout: DataLayout) {
    this.quic = layout.integers === 'quic';
  }

  /** Starts a header that contains `variable` bytes beside its integers. */
  begin(variable: number): void {
    const needed = MAX_FIXED_BYTES + variable;
    if (slab.length - used < needed) {
      memory = new ArrayBuffer(Math.max(SLAB_BYTES, needed));
      slab = new Uint8Array(memory);
      used = 0;
    }
    if (this.target !== slab) {
      this.target = slab;
      this.targetMemory = memory;
    }
    this.start = used;
    this.offset = used;
  }

  integer(value: number): void {
    const { target, offset } = this;
    if (value >= 0 && value < (this.quic ? 0x40 : 0x80)) {
      target[offset] = value;
      this.offset = offset + 1;
    } else if (value >= 0 && value < 0x4000) {
      target[offset] = (this.quic ? 0x40 : 0x80) | (value >> 8);
      target[offset + 1] = value;
      this.offset = offset + 2;
    } else {
      this.offset = this.layout.varints.write(target, offset, value);
    }
  }

  bigInteger(value: bigint): void {
    if (value === 0n) this.target[this.offset++] = 0;
    else this.offset = this.layout.varints.write(this.target, this.offset, value);
  }

  byte(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xff) throw new EncodeError(`${value} does not fit one byte`);
    this.target[this.offset++] = value;
  }

  lengthPrefixed(bytes: Uint8Array): void {
    this.integer(bytes.length);
    if (bytes.length === 0) return;
    this.target.set(bytes, this.offset);
    this.offset += bytes.length;
  }

  finish(): Uint8Array {
    used = this.offset;
    return new Uint8Array(this.targetMemory, this.start, this.offset - this.start);
  }
}

/** The number of a status in this draft; throws EncodeError when the object cannot have it. */
export function statusCode(
  layout: DataLayout,
  status: ObjectStatus,
  payloadLength: number,
  hasProperties: boolean,
): number {
  if (status === 'normal') return 0;
  if (payloadLength > 0) throw new EncodeError(`an object with status ${status} cannot have a payload`);
  if (hasProperties && !layout.statusesWithProperties.has(status)) {
    throw new EncodeError(`an object with status ${status} cannot have properties`);
  }
  for (const [code, name] of layout.statuses) if (name === status) return code;
  throw new EncodeError(`this draft has no object status ${status}`);
}
