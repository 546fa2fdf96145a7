import { readFile } from 'node:fs/promises';
import type { Interfaces } from '@oclif/core';
import { MoqtError } from '../../core/errors/moqt-error.js';
import type { RelayTransport, ServeRelayOptions } from '../../core/relay/serve-options.js';
import type { relayFlags } from '../flags/relay-flags.js';
import { readAuthToken } from '../session/auth-token.js';
import { parseListen } from '../session/connect-settings.js';

type RelayFlags = Interfaces.InferredFlags<typeof relayFlags> & {
  readonly web: boolean;
  readonly 'allow-remote': boolean;
};

/** What the flags of `relay` ask for. Reads the certificate, the key and the token; rejects with MOQT_E_USAGE or MOQT_E_LOCAL_IO. */
export async function serveOptions(flags: RelayFlags, env: NodeJS.ProcessEnv): Promise<ServeRelayOptions> {
  const { host, port } = parseListen(flags.listen);
  const pem = await readPair(flags.cert, flags.key);
  const token = await readAuthToken({
    source: flags['auth-token'],
    // MOQT_AUTH_TOKEN is a client's: a relay asks for a token only when it was told to.
    env: { ...env, MOQT_AUTH_TOKEN: undefined },
    stdinTaken: false,
  });
  return {
    host,
    port,
    allowRemote: flags['allow-remote'],
    ...pem,
    ...(flags.draft && { drafts: flags.draft }),
    ...transportsOf(flags.transport),
    web: flags.web,
    ...(flags.fault && { faults: flags.fault, faultSeed: flags['fault-seed'] }),
    ...(token && { authToken: token }),
    policy: {
      maxSessions: flags['max-sessions'],
      maxTracks: flags['max-tracks'],
      maxBufferBytes: flags['max-buffer'],
      ...(flags['max-lag'] !== undefined && { maxLagBytes: flags['max-lag'] }),
    },
    maxStreams: flags['max-streams'],
    setupTimeoutMs: flags['setup-timeout'],
    idleTimeoutMs: flags['idle-timeout'],
    closeTimeoutMs: flags['close-timeout'],
    congestionControl: flags['congestion-control'],
    ...(env.SSLKEYLOGFILE && { keylogFile: env.SSLKEYLOGFILE }),
  };
}

function transportsOf(words: readonly (RelayTransport | 'auto')[] = ['auto']): { transports?: RelayTransport[] } {
  const transports = words.filter((word) => word !== 'auto');
  return transports.length < words.length ? {} : { transports };
}

async function readPair(cert: string | undefined, key: string | undefined) {
  if (cert === undefined || key === undefined) return {};
  return { certPem: await readPem(cert), keyPem: await readPem(key) };
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new MoqtError('MOQT_E_LOCAL_IO', `cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`, {
      stage: 'config',
      cause: 'io.certificate',
      hint: 'check --cert and --key, and the file permissions',
      origin: error,
    });
  }
}
