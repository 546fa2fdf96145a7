import type { CodeSpaceName } from './code-space.js';

/** An implementation whose behaviour differs from the drafts, or that is known for a code. */
export interface Implementation {
  /** As `--implementation` takes it. */
  readonly id: string;
  /** Other names that people and MOQT_IMPLEMENTATION use, lower case. */
  readonly aliases: readonly string[];
  readonly about: string;
}

export const IMPLEMENTATIONS: readonly Implementation[] = [
  { id: 'moq-relay', aliases: ['moq-dev', 'moq-lite', 'moq-net', 'kixelated'], about: 'moq-relay of moq-dev (Rust)' },
  {
    id: 'moq-relay-ietf',
    aliases: ['moq-rs', 'cloudflare', 'moq-transport'],
    about: "Cloudflare's moq-relay-ietf (Rust)",
  },
  { id: 'mediamtx', aliases: [], about: 'mediamtx (Go)' },
  { id: 'moxygen', aliases: ['meta'], about: 'moxygen (C++)' },
  { id: 'aiomoqt', aliases: ['aiopquic'], about: 'aiomoqt (Python)' },
  { id: 'libquicr', aliases: ['quicr', 'cisco'], about: 'libquicr (C++)' },
  { id: 'deno', aliases: [], about: 'WebTransport of Deno' },
];

/** What an implementation does with a code. */
export interface Remark {
  readonly implementation: string;
  readonly space: CodeSpaceName;
  /** The names that it is about. */
  readonly names: readonly string[];
  readonly text: string;
}

export const REMARKS: readonly Remark[] = [
  {
    implementation: 'mediamtx',
    space: 'session',
    names: ['NO_ERROR'],
    text: 'mediamtx 1.20 takes PUBLISH and SUBSCRIBE only: a PUBLISH_NAMESPACE makes it close with 0 and no reason. Publish with --via publish.',
  },
  {
    implementation: 'moq-relay',
    space: 'session',
    names: ['NO_ERROR'],
    text: 'moq-relay 0.17 closes a WebTransport session with the wrapped code 0x52e4a40fa8db, which is this 0.',
  },
  {
    implementation: 'moq-relay-ietf',
    space: 'session',
    names: ['NO_ERROR'],
    text: 'moq-relay-ietf 0.8 answers our close with the wrapped code on CONNECTION_CLOSE: 0x52e4a40fa8db is this 0.',
  },
  {
    implementation: 'moq-relay',
    space: 'request-error',
    names: ['DOES_NOT_EXIST', 'TRACK_DOES_NOT_EXIST'],
    text: 'moq-relay 0.17 says 0x10 with the reason `unroutable` for a track that nobody publishes.',
  },
  {
    implementation: 'moq-relay-ietf',
    space: 'request-error',
    names: ['DOES_NOT_EXIST', 'TRACK_DOES_NOT_EXIST'],
    text: 'moq-relay-ietf 0.8 says 0x10 with a random id in the reason: the id is for its log, and differs each time.',
  },
  {
    implementation: 'moq-relay',
    space: 'request-error',
    names: ['NOT_SUPPORTED'],
    text: 'moq-relay refuses PUBLISH: publish with --via namespace. It also refuses FORWARD 0; releases older than 0.17 may serve FETCH only as a relative join with offset 0.',
  },
  {
    implementation: 'moq-relay-ietf',
    space: 'cause',
    names: ['request.timeout'],
    text: 'Older releases of moq-relay-ietf never answer FETCH; 0.8 serves it.',
  },
  {
    implementation: 'moxygen',
    space: 'request-error',
    names: ['DOES_NOT_EXIST', 'TRACK_DOES_NOT_EXIST'],
    text: 'moxygen uses the codes of drafts from 15 on also on draft 14: there 0x10 may be DOES_NOT_EXIST.',
  },
  {
    implementation: 'libquicr',
    space: 'request-error',
    names: ['DOES_NOT_EXIST'],
    text: 'libquicr answers SUBSCRIBE_OK for tracks that do not exist: there this code never comes.',
  },
  {
    implementation: 'moq-relay',
    space: 'stream-reset',
    names: ['INTERNAL_ERROR', 'CANCELLED'],
    text: 'moq-relay 0.17 cancels groups above 32 to 64 MiB: STOP_SENDING 0 to the publisher, reset 1 to the subscriber, wrapped as on WebTransport (0x52e4a40fa8dc) also on raw QUIC. Use smaller groups (--group-every).',
  },
  {
    implementation: 'moq-relay',
    space: 'session',
    names: ['PROTOCOL_VIOLATION'],
    text: 'moq-relay cannot decode a message with a parameter that it does not know, AUTHORIZATION_TOKEN and DELIVERY_TIMEOUT included.',
  },
  {
    implementation: 'deno',
    space: 'session',
    names: ['NO_ERROR'],
    text: 'Deno ends a WebTransport session with its code on CONNECTION_CLOSE as it is, not wrapped.',
  },
  {
    implementation: 'aiomoqt',
    space: 'publish-done',
    names: ['TRACK_ENDED'],
    text: "aiomoqt's relay sends PUBLISH_DONE before the last data: what its Stream Count announces is still to come.",
  },
];

/** Codes that an implementation has of its own: number → what it calls it. */
export interface OwnCodes {
  readonly implementation: string;
  readonly space: CodeSpaceName;
  readonly names: Readonly<Record<number, string>>;
  readonly says: string;
}

export const OWN_CODES: readonly OwnCodes[] = [
  {
    implementation: 'moq-relay',
    space: 'session',
    says: "A code of moq-relay's own, which it closes sessions and resets streams with whatever the draft says",
    names: {
      0: 'Cancel',
      1: 'RequiredExtension',
      2: 'Old',
      3: 'Timeout',
      4: 'Transport',
      5: 'Decode',
      6: 'Unauthorized',
      9: 'Version',
      10: 'UnexpectedStream',
      11: 'BoundsExceeded',
      12: 'Duplicate',
      13: 'NotFound',
      14: 'WrongSize',
      15: 'ProtocolViolation',
      16: 'UnexpectedMessage',
      17: 'Unsupported',
      18: 'Encode',
      19: 'TooManyParameters',
      20: 'InvalidRole',
      21: 'UnknownAlpn',
      24: 'Dropped',
      25: 'Closed',
      26: 'Lagged',
      27: 'FrameTooLarge',
      29: 'TimestampMismatch',
      30: 'Unroutable',
      31: 'Evicted',
    },
  },
  {
    implementation: 'moq-relay',
    space: 'request-error',
    says: 'moq-relay numbers some request errors as HTTP does',
    names: { 400: 'BadRequest', 403: 'Forbidden', 404: 'NotFound', 409: 'Conflict', 500: 'InternalError' },
  },
  {
    implementation: 'moq-relay-ietf',
    space: 'request-error',
    says: 'Older moq-rs answered with these numbers also where the draft has others',
    names: { 0: 'Internal', 4: 'NotFound' },
  },
];
