import { alertOfCryptoError } from '../errors/codes/quic-codes.js';
import { unwrapCode } from '../transport/webtransport/stream-codes.js';
import type { DraftProfile } from '../wire/profile.js';
import { createEntry, type Entry, toHex } from './entry.js';
import { documentOf } from './moqt-entries.js';

const RESERVED: Pick<Entry['meaning'], 'usually' | 'try'> = {
  usually: ['a peer that tests whether unknown codes are tolerated'],
  try: ['treat it as no error at all, and look for what else ended the stream or session'],
};

/** The entry of a code that WebTransport wrapped, and the application's code in it; null for every other number. */
export function wrappedEntry(number: bigint): { entry: Entry; inner: bigint } | null {
  const inner = unwrapCode(number);
  if (inner === null) return null;
  const entry = createEntry({
    space: 'webtransport',
    name: 'WT_APPLICATION_ERROR',
    number,
    sections: ['draft-ietf-webtrans-http3 §9.5'],
    says: `The application's code ${inner} (${toHex(inner)}), as WebTransport carries it among the codes of HTTP/3.`,
    usually: [
      'a stream was reset or stopped with that code',
      'a peer that closes the whole connection with it: the Rust relays do, also on raw QUIC',
    ],
    try: [`read it as ${inner}: its meanings follow`],
  });
  return { entry, inner };
}

/** What a number is that no registry has, but that a rule covers: reserved codes and whole ranges. */
export function ruledEntries(number: bigint, profiles: readonly DraftProfile[]): Entry[] {
  return [...alertRange(number), ...statusRange(number), ...moqtGrease(number, profiles), ...http3Grease(number)];
}

function alertRange(number: bigint): Entry[] {
  const alert = number > 0x1ffn ? undefined : alertOfCryptoError(Number(number));
  const entry = (space: 'tls' | 'quic', value: number): Entry =>
    createEntry({
      space,
      name: `alert ${value}`,
      number,
      sections: space === 'quic' ? ['RFC 9001 §4.8'] : ['RFC 8446 §6'],
      says: `TLS alert ${value}, which RFC 8446 does not assign.`,
      usually: ['a TLS library with alerts of its own or of a newer extension'],
      try: ['see the log of the side that sent it'],
    });
  if (alert !== undefined) return [entry('quic', alert)];
  return number >= 0n && number <= 0xffn ? [entry('tls', Number(number))] : [];
}

const CLASSES: Readonly<Record<number, string>> = {
  1: 'The answer is still to come.',
  2: 'The request is granted.',
  3: 'The answer is to be had elsewhere.',
  4: 'The server does not accept the request as it is.',
  5: 'The server failed.',
};

function statusRange(number: bigint): Entry[] {
  const status = Number(number);
  const says = status >= 100 && status <= 599 ? CLASSES[Math.floor(status / 100)] : undefined;
  if (says === undefined) return [];
  return [
    createEntry({
      space: 'http',
      name: `HTTP ${status}`,
      number,
      sections: [`RFC 9110 §15.${Math.floor(status / 100) + 1}`],
      says,
      usually: ['a web server or proxy in front of the relay'],
      try: ["check the URL's path, and that the server speaks WebTransport"],
    }),
  ];
}

/** 0x7f·N + 0x9d. */
function moqtGrease(number: bigint, profiles: readonly DraftProfile[]): Entry[] {
  const greased = profiles.filter(({ greaseSection }) => greaseSection !== null);
  if (greased.length === 0 || number < 0x9dn || (number - 0x9dn) % 0x7fn !== 0n) return [];
  return (['session', 'request-error', 'publish-done', 'stream-reset'] as const).map((space) =>
    createEntry({
      space,
      name: 'reserved',
      number,
      drafts: greased.map(({ draft }) => draft),
      sections: greased.map((profile) => `${documentOf(profile)} §${profile.greaseSection}`),
      says: 'A code that is reserved so that nobody trips over unknown ones; it counts as INTERNAL_ERROR.',
      ...RESERVED,
    }),
  );
}

/** 0x1f·N + 0x21; among them the points that wrapped codes of WebTransport leave out. */
function http3Grease(number: bigint): Entry[] {
  if (number < 0x21n || (number - 0x21n) % 0x1fn !== 0n) return [];
  return [
    createEntry({
      space: 'http3',
      name: 'reserved',
      number,
      sections: ['RFC 9114 §8.1'],
      says: 'A code that is reserved so that nobody trips over unknown ones; it counts as H3_NO_ERROR, and no code of an application is ever wrapped as it.',
      ...RESERVED,
    }),
  ];
}
