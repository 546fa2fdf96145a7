import type { BidiStream, RecvStream, SendStream, TransportSession } from '../../transport/transport.js';
import { encodeControlMessage } from '../../wire/control-codec.js';
import type { ControlMessage } from '../../wire/messages/control-message.js';
import type { DraftProfile } from '../../wire/profile.js';
import { resolveCode } from './codes.js';
import type { Fault } from './fault.js';

/** Where a server's SETUP goes in this draft, and what the client sends there. */
interface ControlPlace {
  readonly recv: RecvStream;
  /** From 17 on a stream that we open, else the other side of the client's. */
  send(): Promise<SendStream>;
}

/** Calls back with the client's control stream. All other streams are accepted and left alone. */
function onControl(transport: TransportSession, profile: DraftProfile, act: (place: ControlPlace) => void): void {
  const isNative = profile.features.requests === 'native-bidi';
  let seen = false;
  const once = (place: ControlPlace): void => {
    if (!seen) act(place);
    seen = true;
  };
  transport.onIncomingUni((recv) => {
    if (isNative) once({ recv, send: () => transport.openUni() });
  });
  transport.onIncomingBidi((bidi: BidiStream) => {
    if (!isNative) once({ recv: bidi.recv, send: async () => bidi.send });
  });
}

/** Sends `bytes` where SETUP is due, as soon as the client has opened its control stream. */
function answerWith(bytes: (profile: DraftProfile) => Uint8Array): Fault {
  return {
    takeOver(transport, profile) {
      onControl(transport, profile, ({ send }) => {
        send().then(
          (stream) => void stream.write(bytes(profile))?.catch(() => {}),
          // The session ended first, which is all that a client could have seen anyway.
          () => {},
        );
      });
    },
  };
}

/** Accepts sessions and never sends a SETUP. */
export function silentSetup(): Fault {
  return { takeOver: (transport, profile) => onControl(transport, profile, () => {}) };
}

/** Answers with the SETUP of another draft. */
export function wrongDraft(other: (profile: DraftProfile) => DraftProfile): Fault {
  return answerWith((profile) => {
    const spoken = other(profile);
    return encodeControlMessage(spoken, serverSetup(spoken));
  });
}

function serverSetup({ features, versionCode }: DraftProfile): ControlMessage {
  if (features.requests === 'native-bidi') return { type: 'SETUP', options: {} };
  return {
    type: 'SERVER_SETUP',
    ...(features.inBandVersions && { version: versionCode }),
    options: { maxRequestId: 100n },
  };
}

/** Bytes that are no message of any draft. */
export function garbageSetup(random: () => number): Fault {
  // A varint of 8 bytes for a type that no draft has, in the integers of every draft.
  return answerWith(() => Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xde : random() * 256)));
}

/** A web server's answer where SETUP is due. */
export function httpSetup(): Fault {
  return answerWith(() => Buffer.from('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'));
}

/** Sends back what it gets. */
export function echo(): Fault {
  return {
    takeOver(transport, profile) {
      onControl(transport, profile, ({ recv, send }) => {
        const copy = async (): Promise<void> => {
          const stream = await send();
          for (let chunk = await recv.read(); chunk !== null; chunk = await recv.read()) await stream.write(chunk);
        };
        // However the session ends: there is nobody left to tell.
        copy().catch(() => {});
      });
    },
  };
}

/** Closes the session where SETUP is due. */
export function closeAtSetup(code: string): Fault {
  return {
    takeOver(transport, profile) {
      onControl(transport, profile, () => {
        void transport.close(resolveCode(profile, 'session', code), '').catch(() => {});
      });
    },
  };
}

/** Closes the session as soon as it is set up. */
export function closeAfterSetup(code: string): Fault {
  return {
    welcome(session) {
      void session.transport.close(resolveCode(session.profile, 'session', code), '').catch(() => {});
    },
  };
}

/** MAX_REQUEST_ID is 0, and stays there (drafts to 16). */
export function noRequestCredit(): Fault {
  return { maxRequests: 0 };
}

/** GOAWAY as soon as the session is set up. */
export function goAway(uri: string): Fault {
  return { welcome: (session) => session.goAway(uri, 0) };
}
