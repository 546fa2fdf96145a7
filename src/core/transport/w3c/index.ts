import { MoqtError } from '../../errors/moqt-error.js';
import { escapeText } from '../../util/escape.js';
import { withSignal, withTimeout } from '../../util/timeout.js';
import type { Address, TransportSession } from '../transport.js';
import { W3cSession } from './session.js';
import type { W3cWebTransport } from './w3c-types.js';

export type * from './w3c-types.js';

export interface WrapOptions {
  /** Which end we are: it only numbers streams. Default `client`. */
  readonly role?: 'client' | 'server' | undefined;
  /** WT-Protocol, where the object does not say. */
  readonly protocol?: string | undefined;
  /** Where the peer is, for reports; the interface cannot tell. */
  readonly remote?: Address | undefined;
  /** How the peer is called in errors. */
  readonly peer?: string | undefined;
  /** Deadline until the object is ready, ms; 0 (the default) is none. */
  readonly connectTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A transport session over any object with the W3C WebTransport interface, once that is ready. Takes the object over: its
 * streams must not be read or written by anyone else. Rejects with MOQT_E_UNREACHABLE when it does not become ready (the
 * interface gives no reason), MOQT_E_TIMEOUT, MOQT_E_USAGE when it is in use already, or the signal's reason; it is closed
 * then.
 */
export async function wrapWebTransport(wt: W3cWebTransport, options: WrapOptions = {}): Promise<TransportSession> {
  const { role = 'client', remote, peer, connectTimeoutMs = 0, signal } = options;
  // Whether or not the session comes about, nobody else looks at these.
  wt.closed.catch(() => {});
  wt.draining?.catch(() => {});
  const failed = (error: unknown): MoqtError =>
    new MoqtError('MOQT_E_UNREACHABLE', `no WebTransport session: ${escapeText(describe(error), { maxLength: 200 })}`, {
      stage: 'webtransport',
      cause: 'webtransport.failed',
      hint: 'the interface does not say why: check address, certificate (hash) and path with moqt connect',
      origin: error,
      ...(peer === undefined ? {} : { peer }),
    });
  const timedOut = (): MoqtError =>
    new MoqtError('MOQT_E_TIMEOUT', `no WebTransport session within ${connectTimeoutMs} ms`, {
      stage: 'webtransport',
      cause: 'webtransport.timeout',
      ...(peer === undefined ? {} : { peer }),
    });
  const ready = wt.ready.catch((error: unknown) => Promise.reject(failed(error)));
  try {
    await withSignal(withTimeout(ready, connectTimeoutMs, timedOut), signal);
    return new W3cSession(wt, { role, protocol: options.protocol ?? bare(wt.protocol ?? ''), remote });
  } catch (error) {
    closeQuietly(wt);
    if (!(error instanceof TypeError)) throw error;
    throw new MoqtError('MOQT_E_USAGE', `the WebTransport object is in use already: ${error.message}`, {
      stage: 'webtransport',
      cause: 'webtransport.in-use',
      origin: error,
    });
  }
}

/** `@fails-components/webtransport` 1.6 hands on the header as it came: a structured-field string in quotes. */
function bare(protocol: string): string {
  const quoted = /^"(.*)"$/.exec(protocol)?.[1];
  return quoted === undefined ? protocol : quoted.replace(/\\(["\\])/g, '$1');
}

function closeQuietly(wt: W3cWebTransport): void {
  try {
    wt.close();
  } catch {
    // It never opened.
  }
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message === '' ? 'the implementation gives no reason' : message;
}
