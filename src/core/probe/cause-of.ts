import { CAUSES, type Cause, type ProbeStage } from '../errors/causes.js';
import type { MoqtError } from '../errors/moqt-error.js';

/** Where causes that belong to no single stage arise in a connection, and where those of our own making do. */
const STAGE_OF_ERROR: Readonly<Record<string, ProbeStage>> = {
  dns: 'dns',
  udp: 'udp',
  tcp: 'tcp',
  quic: 'quic',
  tls: 'tls',
  alpn: 'alpn',
  webtransport: 'connect',
  setup: 'setup',
  session: 'setup',
  announce: 'announce',
  publish: 'announce',
  subscribe: 'subscribe',
  fetch: 'fetch',
  data: 'data',
};

/** What an error without a name of its own is, by the stage that it arose in: the cause that says least there. */
const LAST_RESORT: Readonly<Partial<Record<ProbeStage, Cause>>> = {
  dns: 'dns.not-found',
  udp: 'network.unreachable',
  tcp: 'network.unreachable',
  quic: 'quic.closed',
  tls: 'tls.alert',
  alpn: 'alpn.none',
  connect: 'webtransport.rejected',
  setup: 'setup.closed',
  announce: 'request.rejected',
  subscribe: 'request.rejected',
  fetch: 'request.rejected',
  data: 'data.closed',
};

/** The cause and the stage of a failure among the stages of a probe; null when it is none of a connection's. */
export function causeOf(error: MoqtError, stages: readonly ProbeStage[]): { cause: Cause; stage: ProbeStage } | null {
  const ownStage = STAGE_OF_ERROR[error.stage];
  const cause = isCause(error.reason) ? error.reason : ownStage === undefined ? undefined : LAST_RESORT[ownStage];
  if (cause === undefined) return null;
  const stage = stageOf(cause, ownStage, stages);
  return stage === null ? null : { cause, stage };
}

/** The stage that a cause belongs to by its name alone; null for those of several. */
export function stageOfCause(cause: Cause, stages: readonly ProbeStage[]): ProbeStage | null {
  return stageOf(cause, undefined, stages);
}

function isCause(reason: string | undefined): reason is keyof typeof CAUSES {
  return reason !== undefined && Object.hasOwn(CAUSES, reason);
}

function stageOf(cause: Cause, ownStage: ProbeStage | undefined, stages: readonly ProbeStage[]): ProbeStage | null {
  const byTable = isCause(cause) ? CAUSES[cause].stage : undefined;
  if (byTable !== undefined && (stages as readonly string[]).includes(byTable)) return byTable as ProbeStage;
  // SETTINGS that lack something are the matter of the stage that read them.
  if (cause === 'webtransport.unsupported') return stages.includes('http2') ? 'http2' : 'http3';
  if (ownStage !== undefined && stages.includes(ownStage)) return ownStage;
  // TCP where the stages are those of QUIC: the certificate's hash is fetched over HTTP (http:// URLs).
  if (byTable === 'tcp') return 'tls';
  return null;
}
