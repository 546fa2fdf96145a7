import { createHash } from 'node:crypto';
import { fromUtf8 } from '../util/bytes.js';
import {
  answersOf,
  certificateHash,
  type Resource,
  sharedText,
  type WebAnswer,
  type WebRequest,
} from './plain-http.js';
import type { WebFiles } from './web-files.js';

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

const SCRIPT = 'text/javascript; charset=utf-8';

/** The answers of `moqt relay --web`: a fixed set of paths, all of them made once. Never throws. */
export function webPage({ files, facts, anyHost }: WebPageOptions): (request: WebRequest) => WebAnswer {
  return answersOf(resourcesOf(files, facts), anyHost);
}

function resourcesOf(files: WebFiles, facts: WebFacts): [string, Resource][] {
  const own = (type: string, body: Uint8Array, headers: Resource['headers'] = []): Resource => {
    return { type, body, headers, shared: false };
  };
  const page = own('text/html; charset=utf-8', files.html, [
    ['content-security-policy', contentSecurityPolicy(files.html, facts.urls)],
    ['cross-origin-opener-policy', 'same-origin'],
  ]);
  return [
    ['/', page],
    ['/index.html', page],
    ...[...files.scripts].map(([name, text]): [string, Resource] => [`/${name}`, own(SCRIPT, text)]),
    ['/moqt.js', own(SCRIPT, files.library)],
    ['/moqt.js.map', own('application/json', files.libraryMap)],
    ...certificateHash(facts.certificate.sha256),
    ['/relay.json', sharedText('application/json', `${JSON.stringify(facts)}\n`)],
  ];
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
