import type { OutgoingSubgroup } from '../session/session.js';
import type { FragmentRun } from '../wire/encoded-run.js';
import type { ObjectFragment } from '../wire/messages/object.js';

/**
 * Writes pieces of consecutive objects to a stream, at once where the session can. Undefined when the transport took
 * them all, else a promise to wait for before the next call.
 */
export function writeFragments(out: OutgoingSubgroup, fragments: FragmentRun): Promise<void> | undefined {
  if (out.writeFragments !== undefined) return out.writeFragments(fragments);
  return writeFrom(out, fragments, 0);
}

function writeFrom(out: OutgoingSubgroup, fragments: FragmentRun, start: number): Promise<void> | undefined {
  for (let i = start; i < fragments.length; i++) {
    const wait = writeOne(out, fragments[i] as ObjectFragment);
    if (wait !== undefined) return wait.then(() => writeFrom(out, fragments, i + 1));
  }
  return undefined;
}

function writeOne(out: OutgoingSubgroup, fragment: ObjectFragment): Promise<void> | undefined {
  const { header, offset, bytes, complete } = fragment;
  if (offset > 0) return out.writePayload(bytes);
  const object = { object: header.object, status: header.status, properties: header.properties };
  if (complete) return out.writeObject(object, bytes);
  const wait = out.beginObject(object, header.payloadLength);
  if (bytes.length === 0) return wait;
  return wait === undefined ? out.writePayload(bytes) : wait.then(() => out.writePayload(bytes));
}
