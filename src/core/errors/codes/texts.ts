import type { CodeSpaceName } from './code-space.js';
import type { CodeText, CodeTexts } from './code-text.js';
import { HTTP_TEXTS } from './texts/http.js';
import { HTTP2_TEXTS } from './texts/http2.js';
import { HTTP3_TEXTS, WEBTRANSPORT_TEXTS } from './texts/http3.js';
import { PUBLISH_DONE_TEXTS } from './texts/publish-done.js';
import { QUIC_TEXTS } from './texts/quic.js';
import { REQUEST_ERROR_TEXTS } from './texts/request-error.js';
import { SESSION_TEXTS } from './texts/session.js';
import { STREAM_RESET_TEXTS } from './texts/stream-reset.js';
import { TLS_TEXTS } from './texts/tls.js';

const TEXTS: Readonly<Record<string, CodeTexts>> = {
  session: SESSION_TEXTS,
  'request-error': REQUEST_ERROR_TEXTS,
  'publish-done': PUBLISH_DONE_TEXTS,
  'stream-reset': STREAM_RESET_TEXTS,
  webtransport: WEBTRANSPORT_TEXTS,
  http3: HTTP3_TEXTS,
  http2: HTTP2_TEXTS,
  http: HTTP_TEXTS,
  // QUIC carries TLS alerts among its own codes.
  quic: { ...TLS_TEXTS, ...QUIC_TEXTS },
  tls: TLS_TEXTS,
} satisfies Partial<Record<CodeSpaceName, CodeTexts>>;

/** What is to be said of a code by its space and name; undefined for those that are not known. */
export function codeText(space: string, name: string): CodeText | undefined {
  const texts = Object.hasOwn(TEXTS, space) ? TEXTS[space] : undefined;
  return texts !== undefined && Object.hasOwn(texts, name) ? texts[name] : undefined;
}
