import { QUIC_STAGES } from '../../src/core/errors/causes.js';
import type { ProbeContext } from '../../src/core/probe/probe-options.js';
import { probeRequests, type RequestsOptions } from '../../src/core/probe/requests/requests.js';
import { StageLog } from '../../src/core/probe/stage-log.js';
import type { RoundtripFacts, StageReport } from '../../src/core/records/probe-report.js';
import { connect } from '../../src/core/session/connect/connect.js';
import type { ConnectedSession, ConnectSettings } from '../../src/core/session/connect/connect-settings.js';
import type { MoqtSession } from '../../src/core/session/session.js';

export interface Walked {
  readonly failed: StageReport | undefined;
  readonly stages: ReadonlyMap<string, StageReport>;
  readonly roundtrip: RoundtripFacts | null;
}

/** What a probe asks of a session that is there, without what comes before SETUP. */
export async function walk(
  session: MoqtSession,
  requests: RequestsOptions,
  rest: { readonly url?: string; readonly connect?: ConnectSettings } = {},
): Promise<Walked> {
  const log = new StageLog(QUIC_STAGES);
  const startedAt = performance.now();
  let roundtrip: RoundtripFacts | null = null;
  const context: ProbeContext = {
    url: rest.url ?? 'moqt://127.0.0.1',
    // A session that did not come about by connect() has no report on it, which only a round trip needs.
    session: session as ConnectedSession,
    options: { connect: rest.connect },
    stages: log,
    elapsed: () => performance.now() - startedAt,
    warn: () => {},
    setRoundtrip: (facts) => {
      roundtrip = facts;
    },
    addThreshold: () => {},
    signal: undefined,
  };
  await probeRequests(requests).run(context);
  const stages = new Map(log.report().map((stage) => [stage.name as string, stage]));
  return { failed: log.report().find(({ status }) => status === 'failed'), stages, roundtrip };
}

/** The same on a session of its own. */
export async function walkAt(url: string, settings: ConnectSettings, requests: RequestsOptions): Promise<Walked> {
  const session = await connect(url, settings);
  try {
    return await walk(session, requests, { url, connect: settings });
  } finally {
    await session.close();
  }
}
