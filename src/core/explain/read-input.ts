import type { CodeSpaceName } from '../errors/codes/code-space.js';
import { IMPLEMENTATIONS } from '../errors/codes/implementations.js';
import { profileByAlpn } from '../wire/drafts/index.js';
import { REQUESTS } from './moqt-entries.js';

/** What a person's words say besides a name. */
export interface Reading {
  /** The number that is most likely the code; null when there is none. */
  readonly number: bigint | null;
  /** The number stands out: it is all there is, is hexadecimal, or is called a code. */
  readonly outstanding: boolean;
  /** It was written in hexadecimal, as no status of HTTP is. */
  readonly hexadecimal: boolean;
  /** Spaces that the words speak of. */
  readonly spaces: ReadonlySet<CodeSpaceName>;
  /** The space stands before the code, as in the error lines of moqt: there is no doubt about it. */
  readonly saysSpace: boolean;
  readonly drafts: ReadonlySet<string>;
  readonly implementations: ReadonlySet<string>;
  readonly messages: ReadonlySet<string>;
}

/** What words point to which space. */
const SPACE_WORDS: readonly (readonly [CodeSpaceName, RegExp])[] = [
  [
    'session',
    /closed by (?:the )?peer|clos\w* the session|session[ _-]?(?:was |got )?clos|\bsession\b(?! gone)|close (?:code|capsule)|connection (?:was )?closed|application[ _]?(?:error|clos)|connection_?close|CLOSE_WEBTRANSPORT/i,
  ],
  [
    'request-error',
    /request[ _-]?error|(?:subscribe|fetch|publish|announce|namespace|track_status)[ _-]?error|\brefused:|reject/i,
  ],
  ['publish-done', /(?:publish|subscribe)[ _-]?done/i],
  ['stream-reset', /\breset\b|reset[ _-]?stream|stop[ _-]?sending|stream[ _-]?reset|stream error/i],
  ['webtransport', /\bwebtransport\b|\bWT_/i],
  ['http3', /\bhttp[ /]?3\b|\bh3\b|h3_|qpack/i],
  ['http2', /\bhttp[ /]?2\b|\bh2\b|rst_stream|nghttp2/i],
  ['http', /\bhttp\b(?![ /]?[23]\b)|\bstatus\b|response code/i],
  ['quic', /\bquic\b|transport error|crypto[ _]?error/i],
  ['tls', /\btls\b|\bssl\b|\balert\b|crypto[ _]?error|cryptographic/i],
  ['exit', /\bexit\b/i],
];

/** Numbers in an error line that are no codes: addresses, versions, times, sizes, identifiers. */
const NOT_CODES: readonly RegExp[] = [
  /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi,
  /\[[0-9a-f:.]+\](?::\d+)?/gi,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g,
  /\b(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}):\d+\b/gi,
  /\b\d{4}-\d\d-\d\d\S*/g,
  /\b\d\d:\d\d:\d\d\S*/g,
  /\bHTTP\/\d(?:\.\d)?/gi,
  /\bv?\d+\.\d+(?:\.\d+)*\S*/g,
  /\b\d+\s?(?:ns|µs|us|ms|s|sec|seconds|min|minutes|bytes|[kKM]i?B)\b/g,
  /\bnum_\w+:\s*\d+/gi,
  /\b(?:stream|stream id|request id|id|line|group|object|port|pid|packet|connection|attempt)\s*[#=]?\s*\d+\b/gi,
];

/** `quic 0x178`: how the error lines of moqt write a code. Nothing else in the line tells more about its space. */
const SPACE_AND_CODE =
  /(?:^|[\s(])(session|request-error|publish-done|stream-reset|webtransport|http[23]?|quic|tls|exit)\s+(0x[0-9a-f]+|\d+)(?![.:]?\w)/i;

const CALLED_A_CODE = /(?:code|error|err|status|alert|peer|reason|reset|clos\w*|with|exit|space|[:=(#])\s*["'(]*$/i;
const DRAFT = /\b(?:draft[ -]?(?:ietf-moq-transport-)?|moqt?-)(\d{2})\b/gi;
const NUMBER = /(?<![\w.-])(0x[0-9a-f]+|\d+)(?!\w)/gi;
/** The same where a code is called one, as in `closed(code=52e4a40fa8db)`. */
const CALLED_HEX = /\bcode[\s:=("]+(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)([0-9a-f]{4,16})\b/i;
/** Digits of a number without its 0x, when nothing else is there. */
const BARE_HEX = /^(?=.*[a-f])[0-9a-f]{4,16}$/i;

export function readInput(text: string): Reading {
  const hasDrafts = new Set<string>();
  let rest = text.replace(DRAFT, (whole, digits: string) => {
    hasDrafts.add(profileByAlpn(whole.toLowerCase())?.draft ?? digits);
    return ' ';
  });
  for (const pattern of NOT_CODES) rest = rest.replace(pattern, ' ');
  const lower = text.toLowerCase();
  return {
    ...findNumber(rest.trim()),
    ...spacesOf(text),
    drafts: hasDrafts,
    implementations: new Set(
      IMPLEMENTATIONS.filter(({ id, aliases }) => [id, ...aliases].some((name) => namesWhole(lower, name))).map(
        ({ id }) => id,
      ),
    ),
    messages: messagesOf(lower.replaceAll(/[ -]/g, '_')),
  };
}

function spacesOf(text: string): Pick<Reading, 'spaces' | 'saysSpace'> {
  const said = SPACE_AND_CODE.exec(text)?.[1]?.toLowerCase() as CodeSpaceName | undefined;
  if (said !== undefined) return { spaces: new Set([said]), saysSpace: true };
  const spaces = SPACE_WORDS.filter(([, pattern]) => pattern.test(text)).map(([space]) => space);
  return { spaces: new Set(spaces), saysSpace: false };
}

/** The longest names first, because SUBSCRIBE_NAMESPACE is no SUBSCRIBE. */
function messagesOf(text: string): Set<string> {
  let rest = text;
  const found = [...REQUESTS]
    .sort((a, b) => b.length - a.length)
    .filter((request) => {
      const here = namesWhole(rest, request.toLowerCase());
      rest = rest.replaceAll(request.toLowerCase(), ' ');
      return here;
    });
  return new Set(found);
}

/** Whether `name` stands in the text by itself, not as a part of a longer name. */
function namesWhole(text: string, name: string): boolean {
  const at = text.indexOf(name);
  if (at === -1) return false;
  const before = text[at - 1] ?? ' ';
  const after = text.slice(at + name.length);
  return !/[a-z0-9-]/.test(before) && !/^(?:-[a-z]|[a-z0-9])/.test(after);
}

function findNumber(text: string): Pick<Reading, 'number' | 'outstanding' | 'hexadecimal'> {
  const said = SPACE_AND_CODE.exec(text);
  if (said) return found(said[2] as string, true);
  const crypto = /crypto[ _]?error[ _:(]*(0x[0-9a-f]+|\d+)/i.exec(text);
  if (crypto) return found(crypto[1] as string, true);
  if (BARE_HEX.test(text)) return found(`0x${text}`, true);
  const hex = CALLED_HEX.exec(text);
  if (hex) return found(`0x${hex[1]}`, true);
  const all = [...text.matchAll(NUMBER)].map((match) => {
    const digits = match[1] as string;
    const alone = text.length - digits.length <= 2;
    const called = CALLED_A_CODE.test(text.slice(0, match.index));
    return { digits, outstanding: alone || called || /^0x/i.test(digits) };
  });
  const best = all.find(({ outstanding }) => outstanding) ?? all[0];
  return best === undefined
    ? { number: null, outstanding: false, hexadecimal: false }
    : found(best.digits, best.outstanding);
}

function found(digits: string, outstanding: boolean): Pick<Reading, 'number' | 'outstanding' | 'hexadecimal'> {
  return { number: BigInt(digits.toLowerCase()), outstanding, hexadecimal: /^0x/i.test(digits) };
}
