import { X509Certificate } from 'node:crypto';
import type { PlainRequest } from '../transport/webtransport-h2/index.js';
import { toHex } from '../util/bytes.js';
import { VERSION } from '../util/version.js';
import type { WebAnswer } from './plain-http.js';
import { readWebFiles } from './web-files.js';
import { webPage } from './web-page.js';

/** Browsers take a hash of ECDSA certificates only that are valid for two weeks or less (W3C WebTransport §"custom certificate requirements"). */
const MAX_PINNABLE_MS = 14 * 24 * 60 * 60 * 1000;

export interface WebServerOptions {
  readonly certificate: { readonly certPem: string; readonly sha256: Uint8Array; readonly notAfter: Date };
  readonly drafts: readonly string[];
  readonly tokenRequired: boolean;
  readonly anyHost: boolean;
  /** Asked for once the relay listens. */
  readonly urls: () => readonly string[];
}

/** What serves the page. Rejects with MOQT_E_LOCAL_IO when the page is not in the package. */
export async function webServer(options: WebServerOptions): Promise<(request: PlainRequest) => WebAnswer> {
  const files = await readWebFiles();
  const { certificate, drafts, tokenRequired, anyHost } = options;
  let page: ReturnType<typeof webPage> | null = null;
  return (request) => {
    page ??= webPage({
      files,
      anyHost,
      facts: {
        implementation: `moqt/${VERSION}`,
        urls: options.urls(),
        drafts,
        tokenRequired,
        certificate: {
          sha256: toHex(certificate.sha256),
          notAfter: certificate.notAfter.toISOString(),
          pinnable: isPinnable(new X509Certificate(certificate.certPem)),
        },
      },
    });
    return page(request);
  };
}

/** The page's address: where every address is listened on, by a name that browsers offer WebTransport to. */
export function webUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}/`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

function isPinnable(certificate: X509Certificate): boolean {
  const valid = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
  return certificate.publicKey.asymmetricKeyType === 'ec' && valid <= MAX_PINNABLE_MS;
}
