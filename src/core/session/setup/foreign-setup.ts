import { describeBytes } from '../../util/describe-bytes.js';
import { ControlDecoder } from '../../wire/control-codec.js';
import { PROFILES } from '../../wire/drafts/index.js';
import type { ControlMessage } from '../../wire/messages/control-message.js';
import type { SetupOptions } from '../../wire/messages/parameters.js';
import type { DraftProfile } from '../../wire/profile.js';
import { identifyUniStream } from '../../wire/uni-stream.js';

/** What came instead of a SETUP, in words, and what to do about it. */
export interface ForeignSetup {
  readonly what: string;
  readonly hint: string;
  /** It is a SETUP, or a protocol, that is known, and not just something. */
  readonly isKnown: boolean;
}

/** Message type to draft 16 (draft-16 §9.3). */
const SERVER_SETUP = 0x21;

/** Message types of the SETUPs before draft 11, which had other numbers. */
const OLD_SETUPS: ReadonlySet<string> = new Set(['4040', '4041']);

/** What the first bytes of a stream look like that should have begun with a SETUP of `expected`. */
export function foreignSetup(bytes: Uint8Array, expected: DraftProfile): ForeignSetup {
  const own = setupMessage(bytes, expected);
  // PATH and AUTHORITY are for clients to send (draft-18 §10.3.1).
  const isClients = own?.type === 'SETUP' && (own.options.path ?? own.options.authority) !== undefined;
  if (own?.type === 'CLIENT_SETUP' || isClients) {
    return {
      what: `a ${own.type === 'SETUP' ? "client's SETUP" : own.type}, as we sent it`,
      hint: 'the peer sends back what it gets, or is a client itself: is the URL that of a relay?',
      isKnown: true,
    };
  }
  const inBand = inBandDraft(bytes);
  const others = PROFILES.filter((profile) => profile !== expected);
  const draft =
    inBand ?? others.find((profile) => ['SERVER_SETUP', 'SETUP'].includes(setupType(bytes, profile) ?? ''))?.draft;
  if (draft !== undefined && draft !== expected.draft) {
    const supported = PROFILES.some((profile) => profile.draft === draft);
    return {
      what: `a SETUP of draft ${draft}`,
      hint: supported
        ? `the relay agreed on draft ${expected.draft} and speaks draft ${draft}: try --draft ${draft}, and tell its authors`
        : `the relay speaks draft ${draft}, which is not supported here`,
      isKnown: true,
    };
  }
  if (beginsAsSetup(bytes, expected)) {
    return {
      what: `${own === null ? 'a broken or unfinished' : 'a'} SETUP of draft ${expected.draft} (${describeBytes(bytes)})`,
      hint: `the peer speaks draft ${expected.draft}, and breaks its rules: tell its authors, and try another --draft`,
      isKnown: false,
    };
  }
  if (OLD_SETUPS.has(hexOf(bytes, 2))) {
    return {
      what: 'a SETUP of draft 10 or older',
      hint: 'the relay is too old: it must speak draft 14 or later',
      isKnown: true,
    };
  }
  if (bytes[0] === 0x00 && bytes[1] === 0x04) {
    return {
      what: 'the SETTINGS of HTTP/3',
      hint: 'the server speaks HTTP/3 there: use https:// (WebTransport)',
      isKnown: true,
    };
  }
  const what = describeBytes(bytes);
  if (what.startsWith('HTTP text')) {
    return {
      what,
      hint: 'an HTTP server answers there: check that host and port are those of a MoQ relay',
      isKnown: true,
    };
  }
  return {
    what,
    hint: 'the peer speaks something else on that connection (moq-lite, another draft): try other drafts with --draft',
    isKnown: false,
  };
}

/** The draft inside a SERVER_SETUP with a version, as drafts 11 to 14 have it (draft-14 §9.3). */
function inBandDraft(bytes: Uint8Array): string | undefined {
  if (bytes[0] !== 0x21) return undefined;
  const version = /^21....c0000000ff0000(..)/.exec(hexOf(bytes, 11))?.[1];
  return version === undefined ? undefined : String(Number.parseInt(version, 16));
}

/** The type of a setup message that these bytes are in this draft; null when they are none. */
function setupType(bytes: Uint8Array, profile: DraftProfile): string | null {
  return setupMessage(bytes, profile)?.type ?? null;
}

/** Whether the type is that of this draft's SETUP, whatever follows it. */
function beginsAsSetup(bytes: Uint8Array, profile: DraftProfile): boolean {
  if (profile.features.requests !== 'native-bidi') return bytes[0] === SERVER_SETUP;
  try {
    return identifyUniStream(profile, bytes)?.kind === 'control';
  } catch {
    return false;
  }
}

type SetupMessage = Extract<ControlMessage, { readonly options: SetupOptions }>;

function setupMessage(bytes: Uint8Array, profile: DraftProfile): SetupMessage | null {
  try {
    const isUni = profile.features.requests === 'native-bidi';
    if (isUni && identifyUniStream(profile, bytes)?.kind !== 'control') return null;
    const decoder = new ControlDecoder(profile);
    decoder.push(bytes);
    const message = decoder.next()?.message;
    return message?.type.endsWith('SETUP') ? (message as SetupMessage) : null;
  } catch {
    return null;
  }
}

function hexOf(bytes: Uint8Array, count: number): string {
  return Array.from(bytes.subarray(0, count), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
