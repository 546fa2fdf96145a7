import { afterEach } from 'vitest';
import { MoqtError } from '../../../../../src/core/errors/moqt-error.js';
import type { ConnectOptions, Target, TransportSession } from '../../../../../src/core/transport/transport.js';
import { webtransportH2Transport } from '../../../../../src/core/transport/webtransport-h2/index.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Closes it after the test. */
export function closing<T extends { close(): Promise<unknown> }>(what: T): T {
  cleanups.push(() => what.close());
  return what;
}

export async function connect(
  target: Partial<Target>,
  options: Partial<ConnectOptions> = {},
): Promise<TransportSession> {
  const session = await webtransportH2Transport.connect(
    { host: '127.0.0.1', port: 1, path: '/moq', ...target },
    { alpn: ['moqt-18'], verify: { kind: 'none' }, connectTimeoutMs: 5000, idleTimeoutMs: 10_000, ...options },
  );
  cleanups.push(() => session.close(0n, '', 500));
  return session;
}

/** The error that connecting ends with. */
export async function failure(target: Partial<Target>, options: Partial<ConnectOptions> = {}): Promise<MoqtError> {
  return connect(target, options).then(
    () => {
      throw new Error('connected');
    },
    (error: unknown) => {
      if (error instanceof MoqtError) return error;
      throw error;
    },
  );
}
