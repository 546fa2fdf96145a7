import { isLoopbackHost } from '../certs/bootstrap.js';
import type { PlainResponse } from '../transport/webtransport/index.js';
import { utf8 } from '../util/bytes.js';

/** A request that is not for WebTransport; header names in lower case. */
export interface WebRequest {
  readonly method: string;
  /** The request target as it came: path and query. */
  readonly path: string;
  /** The Host header, or HTTP/2's `:authority`. */
  readonly authority: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** The body is GET's: whoever writes the answer leaves it out for HEAD, and says its length. */
export type WebAnswer = Required<PlainResponse>;

/** What one path answers. */
export interface Resource {
  readonly type: string;
  readonly body: Uint8Array;
  readonly headers: readonly (readonly [string, string])[];
  /** Pages of this machine's other servers may read it: the certificate's hash is what a page under development needs. */
  readonly shared: boolean;
}

const TEXT = 'text/plain; charset=utf-8';

/** Of every answer: nothing is kept, guessed, framed or told to others. */
const COMMON: readonly (readonly [string, string])[] = [
  ['cache-control', 'no-store'],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
];

/** Where development clients look for the hash: moq-relay's the first, moq-rs's the second. */
const HASH_PATHS = ['/certificate.sha256', '/fingerprint'] as const;

/** A text that pages of this machine's other servers may read. */
export function sharedText(type: string, text: string): Resource {
  return { type, body: utf8(text), headers: [], shared: true };
}

/** The SHA-256 of the relay's certificate in hex: clients of an http:// URL pin it. */
export function certificateHash(hex: string): [string, Resource][] {
  return HASH_PATHS.map((path) => [path, sharedText(TEXT, `${hex}\n`)]);
}

/**
 * Answers plain HTTP requests from a fixed set of paths. Without `anyHost` only to names of this machine: a website whose
 * name is rebound to this machine, or that asks from outside, must not learn how to reach a relay here. Never throws.
 */
export function answersOf(
  entries: Iterable<readonly [string, Resource]>,
  anyHost: boolean,
): (request: WebRequest) => WebAnswer {
  const resources = new Map(entries);
  return ({ method, path, authority, headers }) => {
    if (!anyHost && !isLoopbackHost(hostName(authority))) {
      return plain(421, 'This relay answers to names of this machine only; --allow-remote lifts that.');
    }
    const resource = resources.get(path.split('?', 1)[0] ?? '');
    if (resource === undefined) return plain(404, 'Not found.');
    if (method !== 'GET' && method !== 'HEAD') return plain(405, 'GET or HEAD.', [['allow', 'GET, HEAD']]);
    return {
      status: 200,
      headers: [
        ['content-type', resource.type],
        ...COMMON,
        ...resource.headers,
        ...(resource.shared ? sharedWith(headers.get('origin')) : []),
      ],
      body: resource.body,
    };
  };
}

function sharedWith(origin: string | undefined): readonly (readonly [string, string])[] {
  const vary = ['vary', 'origin'] as const;
  const place = /^https?:\/\/([^/?#@]+)$/i.exec(origin ?? '')?.[1];
  if (origin === undefined || place === undefined || !isLoopbackHost(hostName(place))) return [vary];
  return [vary, ['access-control-allow-origin', origin]];
}

/** Of `name`, `name:port`, `[v6]` or `[v6]:port`; empty for anything else. */
function hostName(host: string): string {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host);
  return match?.[1] ?? match?.[2] ?? '';
}

function plain(status: number, text: string, headers: WebAnswer['headers'] = []): WebAnswer {
  return { status, headers: [['content-type', TEXT], ...COMMON, ...headers], body: utf8(`${text}\n`) };
}
