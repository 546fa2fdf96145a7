import { MoqtError } from '../../errors/moqt-error.js';
import type { Detail, ProbeReport } from '../../records/probe-report.js';
import { connect } from '../../session/connect.js';
import type { ConnectedSession } from '../../session/connect-settings.js';
import { toHex } from '../../util/bytes.js';
import { escapeText } from '../../util/escape.js';
import type { ProbeOptions } from '../probe-options.js';
import { askAll, type Behaviour, behaviourDetail, replaysAnnouncements } from './behaviour.js';
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
  const best = reports.find(({ ok }) => ok);
  if (best === undefined) return { reason: 'no draft works over any transport' };
  const web = reports.find(({ ok, transport }) => ok && transport === 'webtransport');
  const open = opener(url, best, options);
  try {
    const session = await open();
    const known = { seenOn: { draft: best.draft, transport: best.transport }, ...describe(session, best, web) };
    await session.close();
    const answers = await askAll(open);
    return {
      ...known,
      implementation: implementation(best, session, answers),
      behaviour: {
        ...Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, behaviourDetail(answer)])),
        answersFetch: answers.fetch?.answer !== 'none',
        answersTrackStatus: answers.trackStatus?.answer !== 'none',
        acceptsPublish: answers.publish?.answer === 'accepted',
        blindSubscribeAllowed: blindSubscribe(answers.blindSubscribe),
        replaysAnnouncements: await replaysAnnouncements(open),
      },
      webtransportPath: web === undefined ? null : await pathFacts(url, web, options),
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof MoqtError)) throw error;
    return { seenOn: { draft: best.draft, transport: best.transport }, reason: error.message };
  }
}

function opener(url: string, report: ProbeReport, options: FingerprintOptions): () => Promise<ConnectedSession> {
  const drafts = report.draft === null ? undefined : [report.draft];
  return () => connect(url, { ...options.connect, drafts, transport: report.transport, signal: options.signal });
}

/** What the relay says of itself. */
function describe(session: ConnectedSession, report: ProbeReport, web: ProbeReport | undefined): Facts {
  const { peerSetup, transport } = session;
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
    http3Settings: web?.stages.find(({ name }) => name === 'http3')?.detail.settings ?? null,
    transportParameters: peerParameters ?? null,
    limits: {
      uniStreams: peerParameters?.initial_max_streams_uni ?? null,
      bidiStreams: peerParameters?.initial_max_streams_bidi ?? null,
      maxDatagramSize: transport.maxDatagramSize,
      maxRequestId: peerSetup.maxRequestId?.toString() ?? null,
      // A parameter of 0 is "none" (RFC 9000 §18.2).
      idleTimeoutMs: idle === undefined || idle === 0 ? null : idle,
    },
    earlyData: { accepted: null, why: 'the QUIC library of this build does not resume sessions' },
    migration: {
      survived: null,
      why: 'not tried: the QUIC library does not let a client of this build move on purpose',
      allowed: peerParameters === undefined ? null : peerParameters.disable_active_migration !== true,
    },
  };
}

/** Which implementation it is: what it says, else what its behaviour is known from. */
function implementation(report: ProbeReport, session: ConnectedSession, answers: Record<string, Behaviour>): Facts {
  const server = session.transport.http?.headers.get('server');
  const declared = report.implementation;
  const { publishNamespace, blindSubscribe: blind } = answers;
  const guesses: [string, string, boolean][] = [
    [
      'mediamtx',
      'closes with code 0 and no reason on PUBLISH_NAMESPACE',
      publishNamespace?.answer === 'closed' && publishNamespace.code === '0x0' && publishNamespace.reason === '',
    ],
    ['moq-dev moq-relay', 'refuses an unknown track as unroutable', blind?.reason?.includes('unroutable') ?? false],
    [
      'Cloudflare moq-relay-ietf',
      'does not answer FETCH',
      answers.fetch?.answer === 'none' && blind?.answer === 'refused',
    ],
  ];
  const guess = guesses.find(([, , holds]) => holds);
  return {
    declared,
    server: server === undefined ? null : escapeText(server, { maxLength: 100 }),
    guess: guess?.[0] ?? null,
    because: guess?.[1] ?? null,
  };
}

/** `held`: neither accepted nor refused, as a relay does that waits for a publisher. */
function blindSubscribe(answer: Behaviour | undefined): Detail {
  if (answer === undefined) return null;
  return answer.answer === 'none' ? 'held' : answer.answer === 'accepted';
}

/** Whether another path is let in, and whether it has names of its own. */
async function pathFacts(url: string, report: ProbeReport, options: FingerprintOptions): Promise<Facts> {
  const other = withPath(url, '/moqt-probe-path');
  const open = opener(url, report, options);
  const openOther = opener(other, report, options);
  try {
    const session = await openOther();
    await session.close();
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof MoqtError)) throw error;
    return { anyPathAccepted: false, answer: error.message, namesScopedByPath: null };
  }
  const here = await replaysAnnouncements(open);
  const there = here === true ? await replaysAnnouncements(open, openOther) : null;
  return { anyPathAccepted: true, answer: null, namesScopedByPath: there === null ? null : !there };
}
