import type { PlainResponse } from '../transport/webtransport/index.js';
import type { PlainRequest } from '../transport/webtransport-h2/index.js';
import { toHex, utf8 } from '../util/bytes.js';

/** Where development clients look for the hash: moq-relay's the first, moq-rs's the second. */
const HASH_PATHS = new Set(['/certificate.sha256', '/fingerprint']);

/**
 * Answers plain HTTP requests on the TCP port with the SHA-256 of the relay's certificate in hex: clients of an http:// URL
 * pin it. Pages of any origin may read it, for `serverCertificateHashes`; it is no secret.
 */
export function certificateHashServer(sha256: Uint8Array): (request: PlainRequest) => PlainResponse {
  const body = utf8(`${toHex(sha256)}\n`);
  return ({ method, path }) => {
    if (!HASH_PATHS.has(path)) return { status: 404 };
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: [['allow', 'GET, HEAD']] };
    const headers = [
      ['content-type', 'text/plain'],
      ['cache-control', 'no-store'],
      ['access-control-allow-origin', '*'],
    ] as const;
    return { status: 200, headers, body };
  };
}
