import { MoqtError } from '../../errors/moqt-error.js';
import type { Detail, ProbeWarning } from '../../records/probe-report.js';
import type { MoqtSession } from '../../session/session.js';
import { systemClock } from '../../util/clock.js';
import { goneAfterMove } from '../quirks/quirks.js';
import { ask, askIn, type Behaviour, type OpenSession, untried } from './ask.js';
import { type Answers, QUESTIONS, type QuestionName, unknownTrack } from './behaviour.js';

/** The peer's spare connection IDs arrive with its first packets after the handshake. */
const SPARE_IDS_MS = 500;
const LOOK_MS = 10;

/** Whether the server takes 0-RTT, by trying; null where it cannot be told, with the reason. */
export async function earlyDataFacts(open: OpenSession): Promise<Detail> {
  const unknown = (why: string): Detail => ({ resumed: null, accepted: null, why });
  let session: MoqtSession;
  try {
    session = await open();
  } catch (error) {
    if (!(error instanceof MoqtError)) throw error;
    return unknown(error.message);
  }
  try {
    const { transport } = session;
    if (transport.tryEarlyData === undefined) return unknown('this transport runs over TCP: only QUIC has 0-RTT here');
    const { ticket, resumed, offered, accepted } = await transport.tryEarlyData();
    const why = !ticket
      ? 'the server gives no session ticket'
      : !resumed
        ? 'the server does not take the ticket that it gave'
        : !offered
          ? 'the tickets of the server allow no 0-RTT'
          : accepted
            ? null
            : 'the ticket allows 0-RTT, but the server did not take the packet';
    return { resumed, accepted, why };
  } catch (error) {
    if (!(error instanceof MoqtError)) throw error;
    return unknown(`the second connection failed: ${error.message}`);
  } finally {
    await session.close();
  }
}

/**
 * Whether a session goes on from another local port: a request after the move must be answered as it was without one. And
 * whether the relay does: of some, the first client that moves is the last.
 */
export async function migrationFacts(
  open: OpenSession,
  answers: Answers,
): Promise<{ readonly facts: Detail; readonly quirks: readonly ProbeWarning[] }> {
  const facts = await tryMigration(open, answers);
  const after = await ask(open, async () => {});
  return { facts, quirks: after.answer === 'untried' ? [goneAfterMove(after.reason ?? '')] : [] };
}

async function tryMigration(open: OpenSession, answers: Answers): Promise<Detail> {
  const name = (Object.keys(QUESTIONS) as QuestionName[]).find(
    (one) => answers[one].answer !== 'none' && answers[one].answer !== 'untried',
  );
  let allowed: boolean | null = null;
  const facts = (survived: boolean | null, why: string | null): Detail => ({ allowed, survived, why });
  if (name === undefined)
    return facts(null, 'there is no request that the relay answers, to see whether it still does');
  const { request, ask: question } = QUESTIONS[name];
  const outcome = await ask(open, async (session) => {
    const { transport } = session;
    const { peerParameters } = transport.stats();
    allowed = peerParameters === undefined ? null : peerParameters.disable_active_migration !== true;
    if (transport.migrate === undefined) return untried('this transport runs over TCP, which cannot move');
    if (allowed === false) return untried('the server forbids it (disable_active_migration)');
    const why = await move(session);
    return why === null ? askIn(session, (one) => question(one, unknownTrack())) : untried(why);
  });
  const moved: Behaviour = outcome.got ?? outcome;
  if (moved.answer === 'untried') return facts(null, moved.reason);
  const before = answers[name];
  if (moved.answer === before.answer && moved.code === before.code) return facts(true, null);
  return facts(false, `${request} is ${inWords(before)} without a move, and after one ${inWords(moved)}`);
}

/** Why it did not come to a move; null when the next packets leave from another port. */
async function move({ transport }: MoqtSession): Promise<string | null> {
  const deadline = systemClock.now() + SPARE_IDS_MS;
  for (;;) {
    try {
      const { port } = transport.local;
      await transport.migrate?.();
      return transport.local.port === port ? 'the system gave the same port again' : null;
    } catch {
      if (systemClock.now() >= deadline)
        return 'the server gives no spare connection ID, without which nobody may move';
      await new Promise<void>((resolve) => systemClock.after(LOOK_MS, resolve));
    }
  }
}

function inWords({ answer, name }: Behaviour): string {
  if (answer === 'none') return 'not answered';
  return name === null ? answer : `${answer} with ${name}`;
}
