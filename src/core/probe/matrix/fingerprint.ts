import { MoqtError } from '../../errors/moqt-error.js';
import type { Detail, ProbeReport, ProbeWarning } from '../../records/probe-report.js';
import { connect } from '../../session/connect/connect.js';
import type { ConnectedSession } from '../../session/connect/connect-settings.js';
import { toHex } from '../../util/bytes.js';
import { exactNumber } from '../exact-number.js';
import type { ProbeOptions } from '../probe-options.js';
import { withoutRepeats } from '../quirks/quirks.js';
import { answerQuirks, askAll, behaviourFacts, hasRandomReason, replaysAnnouncements } from './behaviour.js';
import { earlyDataFacts, migrationFacts } from './connection-facts.js';
import { implementation, serverHeader } from './implementation.js';
import { publishedTrack } from './published-track.js';
import { withPath } from './with-path.js';

type Facts = { readonly [name: string]: Detail };

interface FingerprintOptions {
  readonly connect: ProbeOptions['connect'];
  readonly signal: AbortSignal | undefined;
}

/** How the relay behaves, on the first combination that worked. Empty but for the reason when none did. */
export async function fingerprint(
  url: string,
  reports: readonly ProbeReport[],
  options: FingerprintOptions,
): Promise<Facts> {
  const best = reports.find(reached);
  if (best === undefined) return { reason: 'no draft works over any transport' };
  const web = reports.find((report) => reached(report) && report.transport === 'webtransport');
  const seenOn = { draft: best.draft, transport: best.transport };
  const open = opener(url, best, options);
  try {
    const session = await open();
    const known = { seenOn, ...describe(session, reports, best, web) };
    const { peerParameters } = session.transport.stats();
    await session.close();
    const answers = await askAll(open);
    const published = await publishedTrack(open);
    const behaviour = behaviourFacts(answers, published, await replaysAnnouncements(open));
    const randomly = await hasRandomReason(open);
    const earlyData = await earlyDataFacts(open);
    const { server, facts: webtransportPath } = web === undefined ? NO_WEB : await pathFacts(url, web, options);
    // Last, because not every relay outlives it.
    const migration = await migrationFacts(open, answers);
    const quirks = withoutRepeats([...answerQuirks(answers, published, randomly), ...migration.quirks]);
    return {
      ...known,
      implementation: implementation({
        declared: best.implementation,
        server,
        answers,
        parameters: peerParameters ?? null,
      }),
      quirks: quirks.map(({ cause, message, hint }: ProbeWarning) => ({ cause, message, hint })),
      behaviour,
      earlyData,
      migration: migration.facts,
      webtransportPath,
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof MoqtError)) throw error;
    return { seenOn, reason: error.message };
  }
}

const NO_WEB = { server: null, facts: null };

/** A cell that a limit of the flags failed was reached all the same. */
function reached({ ok, draft, cause }: ProbeReport): boolean {
  return ok || (draft !== null && (cause?.startsWith('threshold.') ?? false));
}

function opener(url: string, report: ProbeReport, options: FingerprintOptions): () => Promise<ConnectedSession> {
  const drafts = report.draft === null ? undefined : [report.draft];
  return () => connect(url, { ...options.connect, drafts, transport: report.transport, signal: options.signal });
}

/** What the relay says of itself. */
function describe(
  { peerSetup, transport }: ConnectedSession,
  reports: readonly ProbeReport[],
  report: ProbeReport,
  web: ProbeReport | undefined,
): Facts {
  const { peerParameters } = transport.stats();
  const idle = peerParameters?.max_idle_timeout;
  return {
    setup: {
      implementation: report.implementation,
      maxRequestId: peerSetup.maxRequestId?.toString() ?? null,
      maxAuthTokenCacheSize: peerSetup.maxAuthTokenCacheSize?.toString() ?? null,
      unknownOptions: (peerSetup.unknown ?? []).map(({ type, value }) => ({
        type: `0x${type.toString(16)}`,
        value: typeof value === 'bigint' ? value.toString() : toHex(value),
      })),
    },
    http3Settings: exact(web?.stages.find(({ name }) => name === 'http3')?.detail.settings),
    transportParameters: exact(peerParameters),
    limits: {
      uniStreams: peerParameters?.initial_max_streams_uni ?? null,
      bidiStreams: peerParameters?.initial_max_streams_bidi ?? null,
      maxDatagramSize: transport.maxDatagramSize,
      maxRequestId: requestIds(reports),
      // A parameter of 0 is "none" (RFC 9000 §18.2).
      idleTimeoutMs: idle === undefined || idle === 0 ? null : idle,
    },
  };
}

/** MAX_REQUEST_ID by draft, where one that has it was reached; later drafts limit streams instead. */
function requestIds(reports: readonly ProbeReport[]): Detail {
  const said = reports.filter(reached).flatMap(({ draft, stages }) => {
    const value = stages.find(({ name }) => name === 'setup')?.detail.maxRequestId;
    return draft === null || value === undefined || value === null ? [] : [[draft, value] as const];
  });
  return said.length === 0 ? null : Object.fromEntries(said);
}

/** Values that a number of JavaScript cannot hold exactly as text. */
function exact(values: Detail | undefined): Detail {
  if (values === undefined || values === null || typeof values !== 'object' || Array.isArray(values)) return null;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? exactNumber(value) : value]),
  );
}

/** Whether another path is let in, and whether it has names of its own; and what the server calls itself in HTTP. */
async function pathFacts(
  url: string,
  report: ProbeReport,
  options: FingerprintOptions,
): Promise<{ readonly server: string | null; readonly facts: Facts | null }> {
  const open = opener(url, report, options);
  const openOther = opener(withPath(url, '/moqt-probe-path'), report, options);
  let server: string | null = null;
  try {
    const session = await open();
    server = serverHeader(session);
    await session.close();
    const other = await openOther();
    await other.close();
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof MoqtError)) throw error;
    return { server, facts: { anyPathAccepted: false, answer: error.message, namesScopedByPath: null } };
  }
  const here = await replaysAnnouncements(open);
  const there = here === true ? await replaysAnnouncements(open, openOther) : null;
  return { server, facts: { anyPathAccepted: true, answer: null, namesScopedByPath: there === null ? null : !there } };
}
