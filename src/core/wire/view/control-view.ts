import { findFrame, readBody, writeMessage } from '../control/framing.js';
import { EncodeError, WireError } from '../wire-error.js';
import { requiredField } from './json.js';
import type { ViewCodec } from './view-codec.js';

/** The first control message in the bytes, with every field of its draft under the name that the draft gives it. */
export const controlView: ViewCodec = {
  decode(profile, bytes) {
    const frame = findFrame(profile, bytes, 0, bytes.length);
    if (frame === null) throw new WireError('the bytes end before the message does', { incomplete: true });
    const fields = readBody(profile, bytes, frame);
    return {
      decoded: frame.layout.toJson(fields),
      rest: bytes.length - frame.bodyEnd,
      canonical: writeMessage(profile, frame.layout, fields),
    };
  },
  encode(profile, decoded) {
    if (typeof decoded !== 'object' || decoded === null || Array.isArray(decoded)) {
      throw new EncodeError('decoded must be an object');
    }
    const view = requiredField(decoded as Record<string, string>, 'message_type', 'decoded');
    const layout = typeof view === 'string' ? profile.control.layoutByView(view) : undefined;
    if (layout === undefined) {
      throw new EncodeError(`draft ${profile.draft} has no control message ${JSON.stringify(view)}`);
    }
    return writeMessage(profile, layout, layout.fromJson(decoded));
  },
};
