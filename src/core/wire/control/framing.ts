import type { DraftProfile } from '../profile.js';
import { ByteReader } from '../reader.js';
import { EncodeError, WireError } from '../wire-error.js';
import { ByteWriter } from '../writer.js';
import type { MessageLayout, RawFields } from './layout.js';

/** Most bytes in a control message's body: its length has 16 bits, in every draft. */
const MAX_BODY_BYTES = 0xffff;

/** Where the first message in some bytes begins and ends. */
export interface MessageFrame {
  readonly layout: MessageLayout;
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

/**
 * The frame of the message at `start`, or null when the bytes up to `end` do not hold all of it. An unknown type is
 * refused as soon as it is read. Throws WireError (never incomplete).
 */
export function findFrame(profile: DraftProfile, bytes: Uint8Array, start: number, end: number): MessageFrame | null {
  if (start >= end) return null;
  const typeLength = profile.varint.length(bytes[start] as number);
  if (end - start < typeLength) return null;
  const type = profile.varint.read(bytes, start);
  const layout = profile.control.layoutById(type);
  if (layout === undefined) throw new WireError(`unknown message type 0x${type.toString(16)}`);
  const bodyStart = start + typeLength + 2;
  if (bodyStart > end) return null;
  const bodyEnd = bodyStart + (bytes[bodyStart - 2] as number) * 256 + (bytes[bodyStart - 1] as number);
  return bodyEnd > end ? null : { layout, bodyStart, bodyEnd };
}

/** The fields of a message whose bytes are all there. Byte strings are views. Throws WireError (never incomplete). */
export function readBody(profile: DraftProfile, bytes: Uint8Array, frame: MessageFrame): RawFields {
  const { layout, bodyStart, bodyEnd } = frame;
  const length = bodyEnd - bodyStart;
  const bounds = { message: `its length says ${length} bytes and its fields run past them` };
  try {
    return layout.read(new ByteReader(profile.varint, bytes, bodyStart, bodyEnd, bounds));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new WireError(`${layout.view}: ${error.message}`, { closeWith: error.closeWith });
  }
}

/**
 * Type, length and body. What would be refused on arrival is refused here: the bytes are read back before they are
 * returned. Throws EncodeError.
 */
export function writeMessage(profile: DraftProfile, layout: MessageLayout, fields: RawFields): Uint8Array {
  const writer = new ByteWriter(profile.varint);
  writer.varint(layout.id);
  const lengthAt = writer.length;
  writer.uint16(0);
  const bodyStart = writer.length;
  layout.write(writer, fields);
  const bodyEnd = writer.length;
  if (bodyEnd - bodyStart > MAX_BODY_BYTES) {
    throw new EncodeError(`${layout.view} has ${bodyEnd - bodyStart} bytes, above the ${MAX_BODY_BYTES} of a message`);
  }
  writer.patchUint16(lengthAt, bodyEnd - bodyStart);
  const bytes = writer.finish();
  try {
    readBody(profile, bytes, { layout, bodyStart, bodyEnd });
  } catch (error) {
    throw error instanceof WireError ? new EncodeError(error.message) : error;
  }
  return bytes;
}
