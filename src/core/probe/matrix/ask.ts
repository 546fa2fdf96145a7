import { MoqtError } from '../../errors/moqt-error.js';
import type { Detail, ProbeWarning } from '../../records/probe-report.js';
import { nameClose } from '../../session/codes.js';
import type { MoqtSession } from '../../session/session.js';
import { RequestRejected } from '../../session/session-errors.js';
import { SessionClosed } from '../../transport/transport-errors.js';
import { escapeText } from '../../util/escape.js';
import { sessionQuirks, textInSession } from '../quirks/quirks.js';

/** How long an answer may take: a relay that answers does so in milliseconds, and one that does not costs this once. */
export const ANSWER_MS = 1000;

/** For every request of a fingerprint. */
export const ASK_OPTIONS = { timeoutMs: ANSWER_MS };

/** Opens a session with the relay; the caller closes it. */
export type OpenSession = () => Promise<MoqtSession>;

/**
 * How a peer took one request. `closed`: it ended the session instead of answering; `invalid`: what it answered breaks the
 * draft, so that this side had to end the session; `untried`: `reason` says why.
 */
export interface Behaviour {
  readonly answer: 'accepted' | 'refused' | 'closed' | 'invalid' | 'none' | 'untried';
  /** Code with its name; null when it was accepted, not answered or not tried. */
  readonly code: string | null;
  readonly name: string | null;
  readonly reason: string | null;
  readonly ms: number;
  /** What was odd on the way. */
  readonly quirks: readonly ProbeWarning[];
}

/** A request, and whatever shows that it was taken; what it returns is passed on. */
export type Question<T> = (session: MoqtSession) => Promise<T>;

/** Asks in a session of its own, because an answer may be the end of the session. Rejects for defects alone. */
export async function ask<T>(open: OpenSession, question: Question<T>): Promise<Behaviour & { readonly got?: T }> {
  let session: MoqtSession;
  try {
    session = await open();
  } catch (error) {
    if (!(error instanceof MoqtError)) throw error;
    return untried(error.message);
  }
  try {
    return await askIn(session, question);
  } finally {
    await session.close();
  }
}

/** Asks in a session that the caller closes. */
export async function askIn<T>(session: MoqtSession, question: Question<T>): Promise<Behaviour & { readonly got?: T }> {
  const startedAt = performance.now();
  const plain = { code: null, name: null, reason: null };
  try {
    const got = await question(session);
    const ms = performance.now() - startedAt;
    return { answer: 'accepted', ...plain, ms, quirks: sessionQuirks(session), got };
  } catch (error) {
    const ms = performance.now() - startedAt;
    const refused = refusal(error, session);
    return { ...plain, ...refused, ms, quirks: [...sessionQuirks(session), ...(refused.quirks ?? [])] };
  }
}

export function untried(reason: string): Behaviour {
  const said = escapeText(reason, { maxLength: 200 });
  return { answer: 'untried', code: null, name: null, reason: said, ms: 0, quirks: [] };
}

function refusal(error: unknown, session: MoqtSession): Partial<Behaviour> & Pick<Behaviour, 'answer'> {
  if (error instanceof RequestRejected) return { answer: 'refused', ...coded(error.rejection) };
  if (error instanceof SessionClosed) {
    const close = nameClose(error.info, session.profile, session.transport.kind);
    if (close.strayText !== undefined) {
      return { answer: 'closed', ...coded(close), quirks: [textInSession(close.strayText)] };
    }
    return { answer: close.by === 'local' ? 'invalid' : 'closed', ...coded(close) };
  }
  if (!(error instanceof MoqtError)) throw error;
  if (error.reason === 'request.reset') {
    return { answer: 'refused', ...(error.wire && coded({ ...error.wire, reason: '' })) };
  }
  if (error.code === 'MOQT_E_TIMEOUT') return { answer: 'none' };
  // What this draft cannot say, above all.
  return { answer: 'untried', reason: escapeText(error.message, { maxLength: 200 }) };
}

function coded({ code, name, reason }: { code: bigint; name: string; reason: string }) {
  return { code: `0x${code.toString(16)}`, name, reason: escapeText(reason, { maxLength: 200 }) };
}

/** A real answer: the session goes on. */
export function isAnswered({ answer }: Behaviour): boolean {
  return answer === 'accepted' || answer === 'refused';
}

/** A behaviour as it stands in the document. */
export function behaviourDetail({ answer, code, name, reason, ms }: Behaviour): Detail {
  return { answer, code, name, reason, ms };
}
