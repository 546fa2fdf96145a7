import { MoqtError } from '../../errors/moqt-error.js';
import { H3Error } from './h3/h3-error.js';
import type { FieldLine } from './qpack/static-table.js';

/** RFC 9110 §5.6.2; HTTP/3 has names in lower case only. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** No control characters but tab; Latin-1 otherwise (RFC 9110 §5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Fields that would speak of a connection that HTTP/3 does not have (RFC 9114 §4.2). */
const CONNECTION_FIELDS = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

export interface RequestHead {
  readonly method: string;
  /** `:protocol` of an extended CONNECT (RFC 9220). */
  readonly protocol: string | null;
  readonly authority: string;
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

function malformed(what: string): H3Error {
  return new H3Error('H3_MESSAGE_ERROR', `malformed message: ${what}`, 'stream');
}

function split(lines: readonly FieldLine[], allowed: readonly string[]) {
  const pseudo = new Map<string, string>();
  const headers = new Map<string, string>();
  for (const [name, value] of lines) {
    if (!VALUE.test(value)) throw malformed('a field value holds control characters');
    if (name.startsWith(':')) {
      if (headers.size > 0) throw malformed('a pseudo-header behind the headers');
      if (!allowed.includes(name)) throw malformed('an unknown pseudo-header');
      if (pseudo.has(name)) throw malformed(`${name} twice`);
      pseudo.set(name, value);
      continue;
    }
    if (!NAME.test(name)) throw malformed('a field name with characters that names cannot have');
    if (CONNECTION_FIELDS.has(name)) throw malformed(`the header ${name}`);
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`);
  }
  return { pseudo, headers };
}

/** Checks a request's fields (RFC 9114 §4.3.1, RFC 9220). Throws H3Error (scope `stream`) for malformed ones. */
export function parseRequest(lines: readonly FieldLine[]): RequestHead {
  const { pseudo, headers } = split(lines, [':method', ':scheme', ':authority', ':path', ':protocol']);
  const method = pseudo.get(':method');
  if (method === undefined || method === '') throw malformed('no :method');
  const protocol = pseudo.get(':protocol') ?? null;
  const scheme = pseudo.get(':scheme');
  const path = pseudo.get(':path');
  const authority = pseudo.get(':authority') ?? headers.get('host') ?? '';
  if (protocol !== null && method !== 'CONNECT') throw malformed(':protocol without CONNECT');
  if (method === 'CONNECT' && protocol === null) {
    // A plain CONNECT names only the authority; it is refused later, as a method that nobody serves.
    return { method, protocol, authority, path: path ?? '', headers };
  }
  if (scheme !== 'https' && (scheme === undefined || protocol !== null)) throw malformed('no :scheme of https');
  if (path === undefined || !(path.startsWith('/') || (path === '*' && method === 'OPTIONS'))) {
    throw malformed('no :path that begins with a slash');
  }
  if (authority === '') throw malformed('no :authority');
  return { method, protocol, authority, path, headers };
}

/** Checks a response's fields (RFC 9114 §4.3.2). Throws H3Error (scope `stream`) for malformed ones. */
export function parseResponse(lines: readonly FieldLine[]): ResponseHead {
  const { pseudo, headers } = split(lines, [':status']);
  const status = pseudo.get(':status');
  if (status === undefined || !/^[1-9][0-9]{2}$/.test(status)) throw malformed('no :status of three digits');
  return { status: Number(status), headers };
}

/** Checks headers that a user adds to a request. Throws MoqtError (MOQT_E_USAGE) and names the header, not its value. */
export function checkExtraHeaders(headers: readonly (readonly [string, string])[]): FieldLine[] {
  return headers.map(([given, value]) => {
    const name = given.toLowerCase();
    const refuse = (why: string): MoqtError =>
      new MoqtError('MOQT_E_USAGE', `header ${JSON.stringify(given)} ${why}`, {
        stage: 'config',
        hint: 'give headers as "Name: value"',
      });
    if (!NAME.test(name)) throw refuse('is not a valid header name');
    if (CONNECTION_FIELDS.has(name) || name === 'host') throw refuse('cannot be set on HTTP/2 and HTTP/3');
    if (!VALUE.test(value)) throw refuse('has a value with control or non-Latin-1 characters');
    return [name, value];
  });
}
