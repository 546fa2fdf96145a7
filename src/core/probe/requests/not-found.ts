import { mayMeanNotThere } from '../../session/not-there.js';
import type { MoqtSession, Rejection } from '../../session/session.js';
import { formatTuple } from '../../url/namespace.js';
import type { FullTrackName } from '../../wire/full-track-name.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { Verdict } from '../probe-options.js';
import { Announced } from './announced.js';
import { type AskedRequest, rejectionVerdict, trackText } from './request-verdict.js';

/** How long a SUBSCRIBE under the other spelling may take. */
const CONFIRM_MS = 400;

/**
 * Why a track was refused: what the peer announces tells a name that nobody has from one whose fields are divided otherwise.
 * Asks the peer, within a second.
 */
export async function refusedTrack(
  session: MoqtSession,
  rejection: Rejection,
  asked: AskedRequest & { readonly track: FullTrackName },
  parameters: Parameters,
): Promise<Verdict> {
  const plain = rejectionVerdict(rejection, asked);
  if (plain.cause !== 'request.rejected' || !mayMeanNotThere(rejection, asked.sentToken)) return plain;
  const announced = new Announced(session);
  try {
    await announced.ask(asked.track.namespace, parameters);
    return await explain(session, announced, { plain, rejection, asked, parameters });
  } finally {
    announced.stop();
  }
}

interface Refused {
  readonly plain: Verdict;
  readonly rejection: Rejection;
  readonly asked: AskedRequest & { readonly track: FullTrackName };
  readonly parameters: Parameters;
}

async function explain(session: MoqtSession, announced: Announced, refused: Refused): Promise<Verdict> {
  const { plain, rejection, asked, parameters } = refused;
  const { namespace, name } = asked.track;
  const detail = { ...plain.detail, announced: announced.shown };
  const other = announced.lookalike(namespace);
  if (other !== null) {
    const spelling = trackText({ namespace: other, name });
    const there = await exists(session, { namespace: other, name }, parameters);
    const hint = `the peer announces ${formatTuple(other)}, not ${formatTuple(namespace)}: ask for ${spelling}${there === true ? ', which it accepts' : ''}`;
    if (other.length === 1 && there !== false) {
      const message = `${plain.message}; its namespace is announced as one field that contains slashes`;
      return { cause: 'namespace.one-field', message, hint, detail: { ...detail, spelling } };
    }
    return { ...notFound(asked, plain), hint, detail: { ...detail, spelling } };
  }
  if (announced.has(namespace)) {
    if (rejection.name === 'TIMEOUT') {
      const hint = `${formatTuple(namespace)} is announced, but its publisher did not answer the relay: look at the publisher`;
      return { ...plain, hint, detail };
    }
    if (rejection.name === 'MALFORMED_AUTH_TOKEN') return { ...tokenMissing(plain), detail };
    const hint = `${formatTuple(namespace)} is announced, but has no such track: check the track name`;
    return { ...notFound(asked, plain), hint, detail };
  }
  // Without a list of what is there, a code that only may mean "not found" stands for itself.
  if (announced.namespaces.length === 0 && !announced.isComplete) {
    if (rejection.name === 'MALFORMED_AUTH_TOKEN') return { ...tokenMissing(plain), detail };
    if (rejection.name === 'TIMEOUT') {
      const hint =
        'no publisher answered the relay in its time: nobody publishes the track, or its publisher hangs; check the spelling, and the publisher';
      return { ...plain, hint, detail };
    }
  }
  return { ...notFound(asked, plain), hint: absentHint(announced), detail };
}

function tokenMissing(plain: Verdict): Verdict {
  return {
    ...plain,
    cause: 'request.unauthorized',
    message: `${plain.message} (no token was sent)`,
    hint: 'give a token with --auth-token env:NAME, and with --auth-in request if the relay wants it there; if it wants none, that code is "not found" to some relays (moq-rs): check the spelling',
  };
}

/** Of the other requests the table of causes knows no "not found". */
function notFound({ request }: AskedRequest, plain: Verdict): Verdict {
  return request === 'SUBSCRIBE' ? { ...plain, cause: 'track.not-found' } : plain;
}

function absentHint(announced: Announced): string {
  const { namespaces, shown } = announced;
  const more = namespaces.length > shown.length ? ` and ${namespaces.length - shown.length} more` : '';
  if (namespaces.length > 0) return `nobody publishes it; what is announced there: ${shown.join(', ')}${more}`;
  return announced.isComplete
    ? 'nobody publishes it, and nothing is announced there: start the publisher first, and check that it uses the same relay and path'
    : 'nobody publishes it; the peer does not tell what is announced there (SUBSCRIBE_NAMESPACE got no yes): check the spelling, and that the publisher runs';
}

/** Whether the track can be subscribed to; null when the peer does not say in time. */
async function exists(session: MoqtSession, track: FullTrackName, parameters: Parameters): Promise<boolean | null> {
  const sink = { onSubgroup: (stream: { stop(): void }) => stream.stop(), onDatagram: () => {} };
  try {
    const subscription = await session.subscribe(track, parameters, sink, { timeoutMs: CONFIRM_MS });
    subscription.cancel();
    return true;
  } catch (error) {
    return error instanceof Error && error.name === 'RequestRejected' ? false : null;
  }
}
