import { MAX_FULL_TRACK_NAME_BYTES, MAX_NAMESPACE_FIELDS, type TrackNamespace } from '../full-track-name.js';
import { arrayFromJson, objectFromJson, requiredField, textFromJson, textView } from '../view/json.js';
import { WireError } from '../wire-error.js';
import { text, type ValueCodec } from './value-codec.js';

/** What a draft allows in a tuple of namespace fields (draft-18 §2.4.1). */
export interface NamespaceRules {
  readonly minFields: 0 | 1;
  readonly emptyFields: boolean;
}

/** Longest reason phrase (draft-18 §1.4.4) and session URI (§10.4), in bytes, in every draft. */
export const MAX_REASON_BYTES = 1024;
export const MAX_URI_BYTES = 8192;
const MAX_MESSAGE_BYTES = 0xffff;

export const reasonPhrase = text(MAX_REASON_BYTES, 'the reason phrase');
export const sessionUri = text(MAX_URI_BYTES, 'the session URI');
/** Bounded by the full track name, which `checkFullTrackName` sums up. */
export const trackName = text(MAX_FULL_TRACK_NAME_BYTES, 'the track name');

/** A tuple of namespace fields; the view shows each as text. */
export function namespaceTuple(rules: NamespaceRules): ValueCodec<TrackNamespace> {
  return {
    read(reader) {
      const count = reader.count(MAX_NAMESPACE_FIELDS, 'the number of namespace fields');
      if (count < rules.minFields) throw new WireError('a namespace has no fields');
      const fields: Uint8Array[] = [];
      let total = 0;
      for (let i = 0; i < count; i++) {
        const field = reader.lengthPrefixed(MAX_FULL_TRACK_NAME_BYTES, 'the length of a namespace field');
        if (field.length === 0 && !rules.emptyFields) throw new WireError('a namespace field is empty');
        total += field.length;
        fields.push(field);
      }
      if (total > MAX_FULL_TRACK_NAME_BYTES) {
        throw new WireError(`a namespace has ${total} bytes, more than ${MAX_FULL_TRACK_NAME_BYTES}`);
      }
      return fields;
    },
    write(writer, value) {
      writer.varint(value.length);
      for (const field of value) writer.lengthPrefixed(field);
    },
    toJson: (value) => value.map(textView),
    fromJson: (json, what) => arrayFromJson(json, what).map((field, i) => textFromJson(field, `${what}[${i}]`)),
  };
}

/** Throws WireError when fields and name together are longer than a full track name may be. */
export function checkFullTrackName(namespace: TrackNamespace, name: Uint8Array): void {
  let total = name.length;
  for (const field of namespace) total += field.length;
  if (total > MAX_FULL_TRACK_NAME_BYTES) {
    throw new WireError(`a full track name has ${total} bytes, more than ${MAX_FULL_TRACK_NAME_BYTES}`);
  }
}

/** Where else a refused request may succeed (draft-18 §10.6.1). */
export interface RawRedirect {
  readonly uri: Uint8Array;
  readonly namespace: TrackNamespace;
  readonly name: Uint8Array;
}

export function redirect(namespace: ValueCodec<TrackNamespace>): ValueCodec<RawRedirect> {
  const connectUri = text(MAX_MESSAGE_BYTES, 'the connect URI');
  return {
    read(reader) {
      const uri = connectUri.read(reader);
      const fields = namespace.read(reader);
      const name = trackName.read(reader);
      checkFullTrackName(fields, name);
      return { uri, namespace: fields, name };
    },
    write(writer, value) {
      connectUri.write(writer, value.uri);
      namespace.write(writer, value.namespace);
      trackName.write(writer, value.name);
    },
    toJson: (value) => ({
      connect_uri: connectUri.toJson(value.uri),
      track_namespace: namespace.toJson(value.namespace),
      track_name: trackName.toJson(value.name),
    }),
    fromJson(json, what) {
      const object = objectFromJson(json, ['connect_uri', 'track_namespace', 'track_name'], what);
      return {
        uri: connectUri.fromJson(requiredField(object, 'connect_uri', what), `${what}.connect_uri`),
        namespace: namespace.fromJson(requiredField(object, 'track_namespace', what), `${what}.track_namespace`),
        name: trackName.fromJson(requiredField(object, 'track_name', what), `${what}.track_name`),
      };
    },
  };
}
