import { CONNECTION_ID_BYTES } from '../connection-ids.js';

/** What the scan reports. IDs and packet numbers stay far below 2^53 in practice; codes need not. */
export interface FrameSink {
  onStopSending(stream: number, code: bigint): void;
  /** Data of a stream up to offset `end` has arrived. */
  onStreamData(stream: number, end: number): void;
  /** `delay` is as on the wire; `covers(n)` tells whether packet `n` is acknowledged. */
  onAck(largest: number, delay: number, covers: (packet: number) => boolean): void;
}

const MIN_PAYLOAD_OFFSET = 1 + CONNECTION_ID_BYTES;
const TAG_BYTES = 16;
/** Where the payload may begin, and as far as it is worth looking to see whether it was decrypted. */
const SAMPLE_BYTES = 12;
/** A shorter packet has no room for the sample that header protection takes (RFC 9001 §5.4.2) and is never decrypted. */
const MIN_PACKET_BYTES = MIN_PAYLOAD_OFFSET + 4 + TAG_BYTES;

/**
 * Reads the frames of a 1-RTT packet that QUIC's library has just accepted. The library decrypts in place and keeps to
 * itself what we need: which code STOP_SENDING carried (it forgets a stream whose data the same packet acknowledges),
 * and which packets were acknowledged (for round-trip times below a millisecond, and for path MTU probes). A packet that
 * fails to decrypt is zeroed by the TLS library and reads as padding. One that the library has dropped unread (a duplicate,
 * above all) is still encrypted, and would read as any frame at all: `before` remembers what it looked like.
 */
export class FrameScan {
  readonly #sink: FrameSink;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  readonly #ranges: number[] = [];
  readonly #sample = new Uint8Array(SAMPLE_BYTES);

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** To be called with the packet as it arrived; `scan` then with what the library has left of it. */
  before(bytes: Uint8Array): void {
    if (bytes.length < MIN_PACKET_BYTES) return;
    for (let i = 0; i < SAMPLE_BYTES; i++) this.#sample[i] = bytes[MIN_PAYLOAD_OFFSET + i] as number;
  }

  scan(bytes: Uint8Array): void {
    const first = bytes[0] as number;
    if ((first & 0x80) !== 0 || bytes.length < MIN_PACKET_BYTES || !this.#wasDecrypted(bytes)) return;
    this.#bytes = bytes;
    this.#at = MIN_PAYLOAD_OFFSET + (first & 0x03) + 1;
    this.#end = bytes.length - TAG_BYTES;
    while (this.#at < this.#end && this.#frame()) {
      // One frame each.
    }
  }

  /** The packet number changes also in packets that are then dropped, the payload only in those that are read. */
  #wasDecrypted(bytes: Uint8Array): boolean {
    const numberBytes = ((bytes[0] as number) & 0x03) + 1;
    const end = Math.min(SAMPLE_BYTES, bytes.length - TAG_BYTES - MIN_PAYLOAD_OFFSET);
    for (let i = numberBytes; i < end; i++) {
      if (bytes[MIN_PAYLOAD_OFFSET + i] !== this.#sample[i]) return true;
    }
    return false;
  }

  /** False ends the scan: the last frame, or one of a kind that ours does not know. RFC 9000 §19. */
  #frame(): boolean {
    const type = this.#bytes[this.#at++] as number;
    if (type >= 0x08 && type <= 0x0f) return this.#stream(type);
    switch (type) {
      case 0x00: // PADDING
      case 0x01: // PING
      case 0x1e: // HANDSHAKE_DONE
        return true;
      case 0x02: // ACK
      case 0x03: // ACK with ECN counts
        this.#ack(type === 0x03);
        return true;
      case 0x04: // RESET_STREAM
        return this.#skip(3);
      case 0x05: {
        const stream = this.#varint();
        this.#sink.onStopSending(stream, this.#bigVarint());
        return true;
      }
      case 0x06: // CRYPTO
        this.#skip(1);
        return this.#skipField();
      case 0x07: // NEW_TOKEN
      case 0x31: // DATAGRAM with length (RFC 9221)
        return this.#skipField();
      case 0x11: // MAX_STREAM_DATA
      case 0x15: // STREAM_DATA_BLOCKED
        return this.#skip(2);
      case 0x10: // MAX_DATA
      case 0x12: // MAX_STREAMS
      case 0x13:
      case 0x14: // DATA_BLOCKED
      case 0x16: // STREAMS_BLOCKED
      case 0x17:
      case 0x19: // RETIRE_CONNECTION_ID
        return this.#skip(1);
      case 0x18: // NEW_CONNECTION_ID
        this.#skip(2);
        this.#at += 1 + (this.#bytes[this.#at] as number) + 16;
        return true;
      case 0x1a: // PATH_CHALLENGE
      case 0x1b: // PATH_RESPONSE
        this.#at += 8;
        return true;
      default:
        return false;
    }
  }

  #stream(type: number): boolean {
    const stream = this.#varint();
    const offset = (type & 0x04) !== 0 ? this.#varint() : 0;
    const hasLength = (type & 0x02) !== 0;
    const length = hasLength ? this.#varint() : this.#end - this.#at;
    this.#sink.onStreamData(stream, offset + length);
    this.#at += length;
    return hasLength;
  }

  #ack(hasEcn: boolean): void {
    const largest = this.#varint();
    const delay = this.#varint();
    const count = this.#varint();
    const ranges = this.#ranges;
    ranges.length = 0;
    let high = largest;
    let low = high - this.#varint();
    ranges.push(low, high);
    for (let i = 0; i < count && this.#at < this.#end; i++) {
      high = low - this.#varint() - 2;
      low = high - this.#varint();
      ranges.push(low, high);
    }
    if (hasEcn) this.#skip(3);
    this.#sink.onAck(largest, delay, this.#covers);
  }

  readonly #covers = (packet: number): boolean => {
    const ranges = this.#ranges;
    for (let i = 0; i < ranges.length; i += 2) {
      if (packet >= (ranges[i] as number) && packet <= (ranges[i + 1] as number)) return true;
    }
    return false;
  };

  #skip(varints: number): true {
    for (let i = 0; i < varints; i++) this.#at += 1 << ((this.#bytes[this.#at] as number) >> 6);
    return true;
  }

  /** A length and as many bytes. */
  #skipField(): true {
    const length = this.#varint();
    this.#at += length;
    return true;
  }

  #varint(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at] as number;
    const length = 1 << (first >> 6);
    let value = first & 0x3f;
    for (let i = 1; i < length; i++) value = value * 256 + (bytes[this.#at + i] as number);
    this.#at += length;
    return value;
  }

  #bigVarint(): bigint {
    const bytes = this.#bytes;
    const length = 1 << ((bytes[this.#at] as number) >> 6);
    let value = BigInt((bytes[this.#at] as number) & 0x3f);
    for (let i = 1; i < length; i++) value = (value << 8n) | BigInt(bytes[this.#at + i] as number);
    this.#at += length;
    return value;
  }
}
