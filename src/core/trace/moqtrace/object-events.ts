import type { ObjectEncoder, ObjectPlace } from '../object-sink.js';
import { writeBigHead, writeHead } from './cbor-head.js';
import { CborWriter } from './cbor-writer.js';

/** Of an object's two events, all but the template: each integer takes 9 bytes at most. */
const VARIABLE_BYTES = 2 * 64;
const MAP = 0xa0;
const UNSIGNED = 0;
/** Where the kind stands in a template: behind its key. */
const KIND_AT = 2;

/**
 * Writes the events of objects as MoqtraceWriter does, byte for byte, from a template: what stands between the time and the object's
 * ID is the same for all objects of a stream's group.
 */
export class ObjectEvents implements ObjectEncoder {
  private place: ObjectPlace | null = null;
  private template: Uint8Array = new Uint8Array(0);
  /** Keys of `n`, `t`, those of the template, and `o`. */
  private keys = 0;

  room(place: ObjectPlace): number {
    if (place !== this.place) this.prepare(place);
    return VARIABLE_BYTES + 2 * this.template.length;
  }

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
  ): number {
    let at = this.begin(bytes, offset, 3, 2, sequence, timeUs, place, object);
    bytes[at++] = 0x62; // pp
    bytes[at++] = 0x70;
    bytes[at++] = 0x70;
    at = writeHead(bytes, at, UNSIGNED, priority);
    bytes[at++] = 0x62; // os
    bytes[at++] = 0x6f;
    bytes[at++] = 0x73;
    at = writeHead(bytes, at, UNSIGNED, status);
    return size === 0 ? at : this.size(bytes, at, sequence + 1, timeUs, place, object, size);
  }

  size(
    bytes: Uint8Array,
    offset: number,
    sequence: number,
    timeUs: number,
    place: ObjectPlace,
    object: bigint,
    size: number,
  ): number {
    let at = this.begin(bytes, offset, 4, 1, sequence, timeUs, place, object);
    bytes[at++] = 0x62; // sz
    bytes[at++] = 0x73;
    bytes[at++] = 0x7a;
    at = writeHead(bytes, at, UNSIGNED, size);
    return at;
  }

  private begin(
    bytes: Uint8Array,
    offset: number,
    kind: number,
    moreKeys: number,
    sequence: number,
    timeUs: number,
    place: ObjectPlace,
    object: bigint,
  ): number {
    if (place !== this.place) this.prepare(place);
    let at = offset;
    bytes[at++] = MAP | (this.keys + moreKeys);
    bytes[at++] = 0x61; // n
    bytes[at++] = 0x6e;
    at = writeHead(bytes, at, UNSIGNED, sequence);
    bytes[at++] = 0x61; // t
    bytes[at++] = 0x74;
    at = writeHead(bytes, at, UNSIGNED, timeUs);
    bytes.set(this.template, at);
    bytes[at + KIND_AT] = kind;
    return writeBigHead(bytes, at + this.template.length, UNSIGNED, object);
  }

  private prepare(place: ObjectPlace): void {
    const { peer, streamId, group } = place;
    const writer = new CborWriter(64);
    writer.text('e');
    writer.unsigned(0);
    if (peer !== undefined) {
      writer.text('p');
      writer.text(peer);
    }
    writer.text('sid');
    writer.bigUnsigned(streamId);
    writer.text('g');
    writer.bigUnsigned(group);
    writer.text('o');
    this.template = writer.finish();
    this.keys = peer === undefined ? 6 : 7;
    this.place = place;
  }
}
