import type { ControlMessageType } from '../../src/core/wire/messages/control-message.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { ByteWriter } from '../../src/core/wire/writer.js';

/** Bytes in a draft's own integers, put together freely: nothing is checked. */
export class Forge {
  readonly #writer: ByteWriter;

  constructor(readonly profile: DraftProfile) {
    this.#writer = new ByteWriter(profile.varint);
  }

  varint(...values: (number | bigint)[]): this {
    for (const value of values) this.#writer.varint(value);
    return this;
  }

  uint8(...values: number[]): this {
    for (const value of values) this.#writer.uint8(value);
    return this;
  }

  bytes(...parts: Uint8Array[]): this {
    for (const part of parts) this.#writer.bytes(part);
    return this;
  }

  /** Length and bytes; a string is UTF-8. */
  prefixed(value: Uint8Array | string): this {
    this.#writer.lengthPrefixed(typeof value === 'string' ? Buffer.from(value) : value);
    return this;
  }

  tuple(...fields: (Uint8Array | string)[]): this {
    this.varint(fields.length);
    for (const field of fields) this.prefixed(field);
    return this;
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }

  /** As the body of a control message whose length field may lie by `error` bytes. */
  message(type: ControlMessageType | number, error = 0): Uint8Array {
    const body = this.finish();
    const id = typeof type === 'number' ? type : this.profile.messageType(type);
    if (id === undefined) throw new Error(`draft ${this.profile.draft} has no ${type}`);
    const length = body.length + error;
    return new Forge(this.profile)
      .varint(id)
      .uint8(length >> 8, length & 0xff)
      .bytes(body)
      .finish();
  }
}

export function forge(profile: DraftProfile): Forge {
  return new Forge(profile);
}
