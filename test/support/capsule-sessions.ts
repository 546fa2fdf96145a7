import {
  type BytePipe,
  CapsuleSession,
  type CapsuleSessionOptions,
  type InitialLimits,
  type LocalLimits,
} from '../../src/core/transport/webtransport-h2/index.js';
import { systemClock } from '../../src/core/util/clock.js';
import { type MemoryPipe, type PipeOptions, pipePair } from './pipe-pair.js';

export type Dialect = CapsuleSessionOptions['dialect'];

export const LIMITS: LocalLimits = {
  maxData: 1 << 20,
  maxStreamDataUni: 256 << 10,
  maxStreamDataBidi: 256 << 10,
  maxStreamsUni: 100,
  maxStreamsBidi: 100,
};

const addresses = {
  client: { host: '127.0.0.1', port: 50_000, family: 4 },
  server: { host: '127.0.0.1', port: 4443, family: 4 },
} as const;

export interface SessionSetup {
  readonly role: 'client' | 'server';
  readonly dialect?: Dialect;
  readonly local?: Partial<LocalLimits>;
  readonly peer?: Partial<InitialLimits>;
  readonly more?: Partial<CapsuleSessionOptions>;
}

export function capsuleSession(pipe: BytePipe & { sentBytes: number; receivedBytes: number }, setup: SessionSetup) {
  const { role, dialect = 'draft', local, peer, more } = setup;
  return new CapsuleSession(pipe, {
    role,
    dialect,
    protocol: 'moqt-18',
    http: { path: '/moq', authority: 'relay.example', status: 200, headers: new Map() },
    local: addresses[role],
    remote: addresses[role === 'client' ? 'server' : 'client'],
    certificates: [],
    localLimits: { ...LIMITS, ...local },
    peerLimits: { ...LIMITS, ...peer },
    clock: systemClock,
    rtt: () => 1,
    bytes: () => ({ sent: pipe.sentBytes, received: pipe.receivedBytes }),
    onRelease: async () => {},
    ...more,
  });
}

export interface CapsulePair {
  readonly client: CapsuleSession;
  readonly server: CapsuleSession;
  readonly pipes: { readonly client: MemoryPipe; readonly server: MemoryPipe };
}

/** Two sessions on a byte stream in memory, each granting what the other was told. */
export function capsulePair(
  options: {
    readonly dialect?: Dialect;
    readonly client?: Partial<LocalLimits>;
    readonly server?: Partial<LocalLimits>;
    readonly pipe?: PipeOptions;
    readonly more?: Partial<CapsuleSessionOptions>;
  } = {},
): CapsulePair {
  const pipes = pipePair(options.pipe);
  const { dialect = 'draft', client, server, more = {} } = options;
  return {
    client: capsuleSession(pipes.client, { role: 'client', dialect, local: client, peer: server, more }),
    server: capsuleSession(pipes.server, { role: 'server', dialect, local: server, peer: client, more }),
    pipes,
  };
}
