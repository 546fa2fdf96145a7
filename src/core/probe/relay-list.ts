import { MoqtError } from '../errors/moqt-error.js';
import { closestName } from '../util/closest-name.js';
import { escapeText } from '../util/escape.js';

/** A relay of a list, and where it departs from the flags; schemas/relays.json. */
export interface RelayEntry {
  /** Where it stands, for errors: `entry 2 ("lab")`. */
  readonly where: string;
  readonly url: string;
  readonly name?: string;
  readonly drafts?: readonly string[];
  readonly transport?: 'auto' | 'quic' | 'webtransport' | 'webtransport-h2';
  readonly caFile?: string;
  readonly certSha256?: readonly string[];
  readonly insecure?: boolean;
  readonly servername?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** `env:NAME` or `file:PATH`; never the token itself. */
  readonly authToken?: string;
}

const TRANSPORTS = ['auto', 'quic', 'webtransport', 'webtransport-h2'] as const;
const KEYS = [
  'url',
  'name',
  'draft',
  'transport',
  'caFile',
  'certSha256',
  'insecure',
  'servername',
  'certFile',
  'keyFile',
  'authToken',
] as const;
/** More would not be probed in any useful time. */
const MAX_ENTRIES = 10_000;

/**
 * Reads a list of relays: a JSON array of URLs and of objects with `url`. `path` is for errors.
 * @throws MoqtError MOQT_E_USAGE that names the entry.
 */
export function parseRelayList(text: string, path: string): RelayEntry[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw refuse(path, null, `is not JSON: ${syntaxError(text)}`, 'a list such as [{"url": "moqt://relay.example"}]');
  }
  if (!Array.isArray(document))
    throw refuse(path, null, 'is not a list', 'for example [{"url": "moqt://relay.example"}]');
  if (document.length === 0) throw refuse(path, null, 'names no relay', 'at least one entry');
  if (document.length > MAX_ENTRIES)
    throw refuse(path, null, `has ${document.length} entries`, `at most ${MAX_ENTRIES}`);
  return document.map((value: unknown, i) => entryOf(value, i, path));
}

/** What is wrong with JSON, and in which line: Node's message may quote the document, secrets and all, instead. */
function syntaxError(text: string): string {
  // Up to the mistake the document is only too short.
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBeginning(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  if (good === text.length) return 'it ends too early';
  const before = text.slice(0, good).split('\n');
  const character = escapeText(String.fromCodePoint(text.codePointAt(good) ?? 0));
  return `unexpected ${JSON.stringify(character)} in line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** Whether more text could make it JSON. */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    return (
      Number(position) === text.length || /end of JSON|Unterminated|after minus|Exponent|Bad Unicode/.test(message)
    );
  }
}

function entryOf(value: unknown, index: number, path: string): RelayEntry {
  if (typeof value === 'string') return entryOf({ url: value }, index, path);
  const unnamed = `entry ${index + 1}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(path, unnamed, 'is neither a URL nor an object', 'for example {"url": "moqt://relay.example"}');
  }
  const fields = value as Record<string, unknown>;
  const where =
    typeof fields.name === 'string' ? `${unnamed} ("${escapeText(fields.name, { maxLength: 60 })}")` : unnamed;
  for (const key of Object.keys(fields)) {
    if ((KEYS as readonly string[]).includes(key)) continue;
    const advice = closestName(key, [...KEYS]) ?? `one of ${KEYS.join(', ')}`;
    throw refuse(path, where, `has an unknown key ${JSON.stringify(key)}`, advice);
  }
  const bad = (key: string, expected: string) => refuse(path, where, `has a bad ${key}`, `${key} is ${expected}`);
  const text = (key: (typeof KEYS)[number]) => {
    const one = fields[key];
    if (one === undefined) return undefined;
    if (typeof one !== 'string' || one === '') throw bad(key, 'a string that is not empty');
    return one;
  };
  const list = (key: 'draft' | 'certSha256') => {
    const one = fields[key];
    if (one === undefined) return undefined;
    const all: unknown[] = Array.isArray(one) ? one : typeof one === 'string' ? one.split(',') : [one];
    const items = all.map((item) => (typeof item === 'number' && key === 'draft' ? String(item) : item));
    if (items.length === 0 || !items.every((item) => typeof item === 'string' && item !== '')) {
      throw bad(key, 'a string or a list of strings');
    }
    return items as string[];
  };
  const url = text('url');
  if (url === undefined) throw refuse(path, where, 'has no url', '"url": "moqt://relay.example"');
  const transport = text('transport');
  if (transport !== undefined && !(TRANSPORTS as readonly string[]).includes(transport)) {
    throw bad('transport', `one of ${TRANSPORTS.join(', ')}`);
  }
  if (fields.insecure !== undefined && typeof fields.insecure !== 'boolean') throw bad('insecure', 'true or false');
  const authToken = text('authToken');
  if (authToken !== undefined && !/^(?:env|file):./.test(authToken)) throw bad('authToken', 'env:NAME or file:PATH');
  const found = {
    name: text('name'),
    drafts: list('draft'),
    transport: transport as RelayEntry['transport'],
    caFile: text('caFile'),
    certSha256: list('certSha256'),
    insecure: fields.insecure as boolean | undefined,
    servername: text('servername'),
    certFile: text('certFile'),
    keyFile: text('keyFile'),
    authToken,
  };
  if ((found.certFile === undefined) !== (found.keyFile === undefined)) {
    throw refuse(path, where, 'has only one of certFile and keyFile', 'give both');
  }
  const given = Object.fromEntries(Object.entries(found).filter(([, one]) => one !== undefined));
  return { where, url, ...given };
}

function refuse(path: string, where: string | null, what: string, hint: string): MoqtError {
  return new MoqtError('MOQT_E_USAGE', `${path}: ${where === null ? '' : `${where} `}${what}`, {
    stage: 'config',
    cause: 'usage.relays',
    hint,
  });
}
