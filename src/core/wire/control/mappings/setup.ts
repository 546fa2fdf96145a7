import type {
  ClientSetup,
  GoAway,
  MaxRequestId,
  RequestsBlocked,
  ServerSetup,
  Setup,
} from '../../messages/control-message.js';
import type { KeyValuePair, SetupOptions } from '../../messages/parameters.js';
import type { ControlTables } from '../../profile.js';
import { EncodeError, type SessionErrorName, WireError } from '../../wire-error.js';
import { type Pair, toKeyValuePair } from '../pairs.js';
import { type Mapping, readStrictText, readText, required, sortPairs, writePairs, writeText } from './mapping.js';

const PCT_ENCODED = '%[0-9A-Fa-f]{2}';
const PCHAR = `(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|${PCT_ENCODED})`;
/** path-abempty, then "?" and a query where there is one (RFC 3986 §3.3, §3.4). */
const PATH = new RegExp(`^(?:/${PCHAR}*)*(?:\\?(?:${PCHAR}|[/?])*)?$`);
/** authority: user information, host and port, by the characters that they may have (RFC 3986 §3.2). */
const AUTHORITY = new RegExp(`^(?:${PCHAR}|[\\[\\]])*$`);

function readUriPart(bytes: Uint8Array, form: RegExp, what: string, closeWith: SessionErrorName): string {
  const text = readStrictText(bytes);
  if (text === null || !form.test(text))
    throw new WireError(`${what} does not have the form of a URI's`, { closeWith });
  return text;
}

function readOptions(pairs: readonly Pair[]): SetupOptions {
  const values: Record<string, unknown> = {};
  const unknown: KeyValuePair[] = [];
  for (const pair of pairs) {
    const { definition, value } = pair;
    switch (definition?.key) {
      case undefined:
        unknown.push(toKeyValuePair(pair));
        break;
      case 'path':
        values.path = readUriPart(value as Uint8Array, PATH, 'the path', 'MALFORMED_PATH');
        break;
      case 'authority':
        values.authority = readUriPart(value as Uint8Array, AUTHORITY, 'the authority', 'MALFORMED_AUTHORITY');
        break;
      case 'implementation':
        values.implementation = readText(value as Uint8Array);
        break;
      case 'authorizationTokens':
        values.authorizationTokens = [...((values.authorizationTokens as unknown[] | undefined) ?? []), value];
        break;
      default:
        values[definition?.key as string] = value;
    }
  }
  if (unknown.length > 0) values.unknown = unknown;
  return values;
}

/** Ascending by type, which every draft accepts. */
function writeOptions(options: SetupOptions, tables: ControlTables): readonly Pair[] {
  const { unknown, ...rest } = options;
  const values = { ...rest } as Record<string, unknown>;
  const pairs: Pair[] = [];
  for (const definition of tables.options) {
    const key = definition.key as string;
    const value = values[key];
    delete values[key];
    if (value === undefined) continue;
    const list = key === 'authorizationTokens' ? (value as readonly unknown[]) : [value];
    for (const one of list) {
      pairs.push({ definition, type: definition.type, value: typeof one === 'string' ? writeText(one) : one });
    }
  }
  const leftOver = Object.keys(values).find((key) => values[key] !== undefined);
  if (leftOver !== undefined) throw new EncodeError(`this draft has no setup option for ${leftOver}`);
  for (const pair of writePairs(unknown ?? [], [])) {
    if (tables.options.some((definition) => definition.type === pair.type && definition.key !== undefined)) {
      throw new EncodeError(`setup option ${pair.type} is not an unknown one`);
    }
    pairs.push(pair);
  }
  return sortPairs(pairs);
}

export const clientSetup: Mapping<ClientSetup> = {
  read: (fields) => ({
    type: 'CLIENT_SETUP',
    versions: fields.versions,
    options: readOptions(required(fields.options)),
  }),
  write: (message, _layout, tables) => ({
    versions: message.versions,
    options: writeOptions(message.options, tables),
  }),
};

export const serverSetup: Mapping<ServerSetup> = {
  read: (fields) => ({ type: 'SERVER_SETUP', version: fields.version, options: readOptions(required(fields.options)) }),
  write: (message, _layout, tables) => ({ version: message.version, options: writeOptions(message.options, tables) }),
};

export const setup: Mapping<Setup> = {
  read: (fields) => ({ type: 'SETUP', options: readOptions(required(fields.options)) }),
  write: (message, _layout, tables) => ({ options: writeOptions(message.options, tables) }),
};

export const goAway: Mapping<GoAway> = {
  read: (fields) => ({
    type: 'GOAWAY',
    newSessionUri: readText(fields.uri),
    timeout: fields.timeout,
    requestId: fields.requestId,
  }),
  write: (message) => ({
    uri: writeText(message.newSessionUri),
    timeout: message.timeout,
    requestId: message.requestId,
  }),
};

export const maxRequestId: Mapping<MaxRequestId> = {
  read: (fields) => ({ type: 'MAX_REQUEST_ID', maxRequestId: required(fields.maxRequestId) }),
  write: (message) => ({ maxRequestId: message.maxRequestId }),
};

export const requestsBlocked: Mapping<RequestsBlocked> = {
  read: (fields) => ({ type: 'REQUESTS_BLOCKED', maxRequestId: required(fields.maxRequestId) }),
  write: (message) => ({ maxRequestId: message.maxRequestId }),
};
