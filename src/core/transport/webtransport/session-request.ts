import { MoqtError } from '../../errors/moqt-error.js';
import type { ConnectOptions, Target } from '../transport.js';
import { checkExtraHeaders } from './headers.js';
import type { FieldLine } from './qpack/static-table.js';
import { isStringItem } from './structured-field.js';

const DEFAULT_PORT = 443;

/** What a session is asked for, checked. */
export interface SessionRequest {
  readonly authority: string;
  readonly path: string;
  /** For `WT-Available-Protocols`, the most preferred first; empty sends none. */
  readonly protocols: readonly string[];
  readonly headers: readonly FieldLine[];
}

/** Checks what the user asked for before a packet is sent. Throws MoqtError (MOQT_E_USAGE, MOQT_E_URL). */
export function sessionRequest(target: Target, options: Pick<ConnectOptions, 'alpn' | 'headers'>): SessionRequest {
  for (const protocol of options.alpn) {
    if (protocol === '' || !isStringItem(protocol)) {
      throw new MoqtError('MOQT_E_USAGE', `${JSON.stringify(protocol)} cannot be offered as a WebTransport protocol`, {
        stage: 'config',
      });
    }
  }
  const path = target.path === '' ? '/' : target.path;
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw new MoqtError('MOQT_E_URL', 'the path must begin with a slash and hold no spaces or control characters', {
      stage: 'config',
      hint: 'percent-encode other characters',
    });
  }
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return {
    authority: target.port === DEFAULT_PORT ? host : `${host}:${target.port}`,
    path,
    protocols: options.alpn,
    headers: checkExtraHeaders(options.headers ?? []),
  };
}
