import { randomBytes } from 'node:crypto';
import { MoqtError } from '../../errors/moqt-error.js';
import type { Detail } from '../../records/probe-report.js';
import { nameClose } from '../../session/codes.js';
import type { MoqtSession } from '../../session/session.js';
import { RequestRejected } from '../../session/session-errors.js';
import { SessionClosed } from '../../transport/transport-errors.js';
import { utf8 } from '../../util/bytes.js';
import { escapeText } from '../../util/escape.js';
import type { FullTrackName } from '../../wire/full-track-name.js';

/** How long an answer may take: a relay that answers does so in milliseconds, and one that does not costs this once. */
const ANSWER_MS = 1000;

/** Opens a session with the relay; the caller closes it. */
type OpenSession = () => Promise<MoqtSession>;

/** How a peer took one request. */
export interface Behaviour {
  readonly answer: 'accepted' | 'refused' | 'closed' | 'none';
  /** Code with its name; null when it was accepted or not answered. */
  readonly code: string | null;
  readonly name: string | null;
  readonly reason: string | null;
  readonly ms: number;
}

/** A name that nobody else has. */
function unknownTrack(): FullTrackName {
  return { namespace: [utf8('moqt-probe'), utf8(randomBytes(6).toString('hex'))], name: utf8('nothing') };
}

const NO_SINK = { onSubgroup: (stream: { stop(): void }) => stream.stop(), onDatagram: () => {} };
const OPTIONS = { timeoutMs: ANSWER_MS };

const QUESTIONS: Readonly<Record<string, (session: MoqtSession, track: FullTrackName) => Promise<unknown>>> = {
  publishNamespace: (session, { namespace }) => session.publishNamespace(namespace, {}, OPTIONS),
  subscribeNamespace: (session, { namespace }) =>
    session.subscribeNamespace(
      namespace,
      { namespaces: true, tracks: false },
      { onNamespace: () => {}, onNamespaceDone: () => {} },
      {},
      OPTIONS,
    ),
  publish: (session, track) => session.publish(track, {}, OPTIONS),
  blindSubscribe: (session, track) => {
    const filter = session.profile.features.unfiltered ? {} : ({ filter: { type: 'largest-object' } } as const);
    return session.subscribe(track, filter, NO_SINK, OPTIONS);
  },
  fetch: (session, track) => {
    const range = { start: { group: 0n, object: 0n }, end: { group: 0n, object: 1n } };
    return session.fetch({ type: 'standalone', track, ...range }, {}, OPTIONS).ok;
  },
  trackStatus: (session, track) => session.trackStatus(track, {}, OPTIONS),
};

/** Asks each question in a session of its own, because an answer may be the end of the session. */
export async function askAll(open: OpenSession): Promise<Record<string, Behaviour>> {
  const answers: Record<string, Behaviour> = {};
  for (const [name, ask] of Object.entries(QUESTIONS)) answers[name] = await behaviour(open, ask);
  return answers;
}

async function behaviour(
  open: OpenSession,
  ask: (session: MoqtSession, track: FullTrackName) => Promise<unknown>,
): Promise<Behaviour> {
  const session = await open();
  const startedAt = performance.now();
  try {
    await ask(session, unknownTrack());
    return { answer: 'accepted', code: null, name: null, reason: null, ms: performance.now() - startedAt };
  } catch (error) {
    return { ...refusal(error, session), ms: performance.now() - startedAt };
  } finally {
    await session.close();
  }
}

function refusal(error: unknown, session: MoqtSession): Omit<Behaviour, 'ms'> {
  if (error instanceof RequestRejected) return { answer: 'refused', ...coded(error.rejection) };
  if (error instanceof SessionClosed) {
    const close = nameClose(error.info, session.profile, session.transport.kind);
    return { answer: 'closed', ...coded(close) };
  }
  if (error instanceof MoqtError && error.reason === 'request.reset') {
    const { wire } = error;
    return { answer: 'refused', ...(wire ? coded({ ...wire, reason: '' }) : { code: null, name: null, reason: null }) };
  }
  if (error instanceof MoqtError && error.code === 'MOQT_E_TIMEOUT') {
    return { answer: 'none', code: null, name: null, reason: null };
  }
  throw error;
}

function coded({ code, name, reason }: { code: bigint; name: string; reason: string }) {
  return { code: `0x${code.toString(16)}`, name, reason: escapeText(reason, { maxLength: 100 }) };
}

/** Whether a namespace that was announced before is told to one who asks later; null when it cannot be found out. */
export async function replaysAnnouncements(open: OpenSession, openLater: OpenSession = open): Promise<boolean | null> {
  const { namespace } = unknownTrack();
  const [publisher, subscriber] = [await open(), await openLater()];
  try {
    const announced = await publisher.publishNamespace(namespace, {}, OPTIONS);
    let told = (): void => {};
    const heard = new Promise<boolean>((resolve) => {
      told = () => resolve(true);
    });
    const sink = { onNamespace: told, onNamespaceDone: () => {} };
    const wants = { namespaces: true, tracks: false };
    await subscriber.subscribeNamespace(namespace, wants, sink, {}, OPTIONS);
    const silence = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ANSWER_MS / 2));
    const replayed = await Promise.race([heard, silence]);
    await announced.withdraw();
    return replayed;
  } catch (error) {
    refusal(error, publisher);
    return null;
  } finally {
    await Promise.all([publisher.close(), subscriber.close()]);
  }
}

/** A behaviour as it stands in the document. */
export function behaviourDetail({ answer, code, name, reason, ms }: Behaviour): Detail {
  return { answer, code, name, reason, ms };
}
