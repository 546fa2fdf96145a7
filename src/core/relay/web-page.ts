import { createHash } from 'node:crypto';
import { isLoopbackHost } from '../certs/bootstrap.js';
import type { PlainResponse } from '../transport/webtransport/index.js';
import { fromUtf8, utf8 } from '../util/bytes.js';
import type { WebFiles } from './web-files.js';

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

/** What `/relay.json` tells the page about the relay. */
export interface WebFacts {
  readonly implementation: string;
  readonly urls: readonly string[];
  readonly drafts: readonly string[];
  /** Sessions must show a token. */
  readonly tokenRequired: boolean;
  readonly certificate: {
    /** Hex of the DER. */
    readonly sha256: string;
    readonly notAfter: string;
    /** Whether browsers take its hash in `serverCertificateHashes`: ECDSA, valid for 14 days or less. */
    readonly pinnable: boolean;
  };
}

export interface WebPageOptions {
  readonly files: WebFiles;
  readonly facts: WebFacts;
  /** Answers whatever name the browser used. Otherwise only names of this machine, against DNS rebinding. */
  readonly anyHost: boolean;
}

interface Resource {
  readonly type: string;
  readonly body: Uint8Array;
  readonly headers: readonly (readonly [string, string])[];
  /** Pages of this machine's other servers may read it: the certificate's hash is what a page under development needs. */
  readonly shared: boolean;
}

const TEXT = 'text/plain; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** Of every answer: nothing is kept, guessed, framed or told to others. */
const COMMON: readonly (readonly [string, string])[] = [
  ['cache-control', 'no-store'],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
];

/** The answers of `moqt relay --web`: a fixed set of paths, all of them made once. Never throws. */
export function webPage({ files, facts, anyHost }: WebPageOptions): (request: WebRequest) => WebAnswer {
  const resources = resourcesOf(files, facts);
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

function resourcesOf(files: WebFiles, facts: WebFacts): ReadonlyMap<string, Resource> {
  const own = (type: string, body: Uint8Array, headers: Resource['headers'] = []): Resource => {
    return { type, body, headers, shared: false };
  };
  const shared = (type: string, text: string): Resource => {
    return { type, body: utf8(text), headers: [], shared: true };
  };
  const page = own('text/html; charset=utf-8', files.html, [
    ['content-security-policy', contentSecurityPolicy(files.html, facts.urls)],
    ['cross-origin-opener-policy', 'same-origin'],
  ]);
  const hash = shared(TEXT, `${facts.certificate.sha256}\n`);
  return new Map([
    ['/', page],
    ['/index.html', page],
    ['/main.js', own(SCRIPT, files.script)],
    ['/moqt.js', own(SCRIPT, files.library)],
    ['/moqt.js.map', own('application/json', files.libraryMap)],
    ['/certificate.sha256', hash],
    ['/fingerprint', hash],
    ['/relay.json', shared('application/json', `${JSON.stringify(facts)}\n`)],
  ]);
}

/** Own scripts, the page's one style sheet by its hash, and the relay itself: nothing else is loaded, run or reached. */
function contentSecurityPolicy(html: Uint8Array, urls: readonly string[]): string {
  const styles = [...(fromUtf8(html) ?? '').matchAll(/<style>([\s\S]*?)<\/style>/g)].map(
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  );
  const relay = urls.filter((url) => url.startsWith('https:')).map((url) => connectSource(new URL(url)));
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles.join(' ') || "'none'"}`,
    `connect-src ${["'self'", ...relay].join(' ')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** CSP knows no IPv6 literals, and an unspecified address is reached by another name: there only the port counts. */
function connectSource({ hostname, port }: URL): string {
  const nameable = !hostname.startsWith('[') && hostname !== '0.0.0.0';
  return `https://${nameable ? hostname : '*'}:${port || 443}`;
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
