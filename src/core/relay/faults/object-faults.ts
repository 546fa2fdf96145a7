import type {
  OutgoingDatagram,
  OutgoingObject,
  OutgoingSubgroup,
  OutgoingSubgroupHeader,
  Publication,
} from '../../session/session.js';
import { overlay } from './overlay.js';

/** What happens to objects on their way to a subscriber; shares of 0…1. */
export interface ObjectFaults {
  readonly drop: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly corrupt: number;
  /** Broken off in the middle. */
  readonly cut: number;
  /** Streams are reset once this many objects of a subscription have been sent. */
  readonly reset: { readonly after: number; readonly name: string } | null;
  /** The session is closed with this code once this many objects of a subscription have been sent. */
  readonly close: { readonly after: number; readonly name: string } | null;
}

export const NO_OBJECT_FAULTS: ObjectFaults = {
  drop: 0,
  duplicate: 0,
  reorder: 0,
  corrupt: 0,
  cut: 0,
  reset: null,
  close: null,
};

/** What an object that breaks off ends with, once what there is of it has had the time to arrive, ms. */
const CUT_CODE = 'DELIVERY_TIMEOUT';
const CUT_MS = 200;

/** A publication whose objects suffer on their way. `closeSession` ends the session that they go out on. */
export function faultyPublication(
  real: Publication,
  faults: ObjectFaults,
  random: () => number,
  closeSession: (code: string) => void,
): Publication {
  const state: PublicationState = { real, faults, random, closeSession, sent: 0 };
  return overlay(real, {
    openSubgroup: async (header, options) => faultySubgroup(state, await real.openSubgroup(header, options)),
    tryOpenSubgroup(header) {
      const out = real.tryOpenSubgroup(header);
      return out === null ? null : faultySubgroup(state, out);
    },
    sendDatagram: (object) => sendDatagram(state, object),
  });
}

interface PublicationState {
  readonly real: Publication;
  readonly faults: ObjectFaults;
  readonly random: () => number;
  readonly closeSession: (code: string) => void;
  /** Objects so far, those of all streams. */
  sent: number;
}

/** As long as it is written as a whole, an object can be left out, doubled and held back; in pieces only changed. */
function faultySubgroup(state: PublicationState, out: OutgoingSubgroup): OutgoingSubgroup {
  const { faults, random } = state;
  let held: { readonly object: OutgoingObject; readonly payload: Uint8Array } | null = null;
  let isReset = false;
  let isCutting = false;

  const release = (): void => {
    if (held === null) return;
    sendApart(state, out.header, held.object, held.payload);
    held = null;
  };
  /** Counts the object, and ends the stream if it was the last one. */
  const begin = (): void => {
    countObject(state);
    if (faults.reset !== null && state.sent > faults.reset.after && !isReset) {
      isReset = true;
      out.reset(faults.reset.name);
    }
  };
  // Faults that were not asked for draw no numbers: what they would have drawn is for the others.
  const isCut = (length: number): boolean => faults.cut > 0 && length > 0 && random() < faults.cut;
  const breakOff = (bytes: Uint8Array): Promise<void> | undefined => {
    isReset = true;
    setTimeout(() => out.reset(CUT_CODE), CUT_MS).unref();
    return bytes.length > 1 ? (out.writePayload(bytes.subarray(0, bytes.length >> 1)) ?? undefined) : undefined;
  };
  return overlay(out, {
    writeFragments: undefined,
    writeObject(object, payload) {
      begin();
      const isPlain = object.status === undefined || object.status === 'normal';
      if (isReset || (isPlain && random() < faults.drop)) return undefined;
      if (isPlain && isCut(payload.length)) {
        void out.beginObject(object, payload.length)?.catch(() => {});
        return breakOff(payload);
      }
      if (isPlain && held === null && random() < faults.reorder) {
        held = { object, payload };
        return undefined;
      }
      const sent = isPlain && random() < faults.corrupt ? flipped(payload, random) : payload;
      if (isPlain && random() < faults.duplicate) sendApart(state, out.header, object, sent);
      const wait = out.writeObject(object, sent);
      release();
      return wait;
    },
    beginObject(object, payloadLength) {
      begin();
      if (isReset) return undefined;
      isCutting = isCut(payloadLength);
      return out.beginObject(object, payloadLength);
    },
    writePayload(bytes) {
      if (isReset) return undefined;
      if (isCutting && bytes.length > 0) return breakOff(bytes);
      return out.writePayload(random() < faults.corrupt ? flipped(bytes, random) : bytes);
    },
    end() {
      release();
      if (!isReset) out.end();
    },
    reset(name) {
      isReset = true;
      out.reset(name);
    },
  } satisfies { [K in keyof OutgoingSubgroup]?: OutgoingSubgroup[K] | undefined } as Partial<OutgoingSubgroup>);
}

/** An object on a stream of its own, which is how one can come twice or late: IDs only rise within a stream. */
function sendApart(
  state: PublicationState,
  header: OutgoingSubgroupHeader,
  object: OutgoingObject,
  payload: Uint8Array,
): void {
  const send = async (): Promise<void> => {
    const out = await state.real.openSubgroup({ ...header, endOfGroup: false, firstObject: false });
    await out.writeObject(object, payload);
    out.end();
  };
  // The subscriber has left: nobody misses it.
  send().catch(() => {});
}

function sendDatagram(state: PublicationState, object: OutgoingDatagram): 'queued' | 'full' | 'too-large' {
  const { real, faults, random } = state;
  countObject(state);
  if (random() < faults.drop) return 'queued';
  const sent = random() < faults.corrupt ? { ...object, payload: flipped(object.payload, random) } : object;
  if (random() < faults.duplicate) real.sendDatagram(sent);
  return real.sendDatagram(sent);
}

/** One more object; the session ends when it is one too many. */
function countObject(state: PublicationState): void {
  const { close } = state.faults;
  state.sent++;
  if (close !== null && state.sent === close.after + 1) state.closeSession(close.name);
}

/** A copy with one bit changed. */
function flipped(payload: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(payload);
  const bit = Math.floor(random() * copy.length * 8);
  if (copy.length > 0) copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}
