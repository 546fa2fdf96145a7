import type { ProbeWarning } from '../../records/probe-report.js';
import type { MoqtSession } from '../../session/session.js';
import { RequestRejected } from '../../session/session-errors.js';
import { OTHER_WAY } from '../../session/unanswered.js';
import { SessionClosed } from '../../transport/transport-errors.js';
import { escapeText } from '../../util/escape.js';
import type { RequestKind } from '../../wire/messages/control-message.js';

/** A UUID: no two refusals have the same. */
const UNIQUE = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/i;

/** What a session took although the draft says otherwise, by the kind of its notice. */
const TAKEN: Readonly<Record<string, ProbeWarning>> = {
  'quirk:fetch-request-ok': {
    cause: 'relay.quirk.fetch-request-ok',
    message:
      'FETCH was answered with REQUEST_OK instead of FETCH_OK: how far the objects go, and whether the track ends there, is not said',
    hint: 'do not take the end of a fetch for that of the track; tell the authors of the relay',
  },
  'quirk:publish-ok-0x1e': {
    cause: 'relay.quirk.publish-ok',
    message: 'PUBLISH was answered with PUBLISH_OK (0x1E), which this draft no longer has',
    hint: 'moqt takes it, but other clients may end the session: publish with PUBLISH_NAMESPACE there (--via namespace)',
  },
  'quirk:empty-namespace-prefix': {
    cause: 'relay.quirk.empty-namespace-prefix',
    message: 'the relay asks for every namespace (SUBSCRIBE_NAMESPACE without a prefix), which this draft forbids',
    hint: 'moqt takes it, but other clients may end the session: use a later draft there (--draft)',
  },
};

/** What a session has met so far. */
export function sessionQuirks(session: MoqtSession): ProbeWarning[] {
  return Object.keys(session.counters()).flatMap((kind) => TAKEN[kind] ?? []);
}

/** What the end of a request says about the relay, beside why the request failed. */
export function failureQuirks(error: unknown, request: RequestKind): ProbeWarning[] {
  if (error instanceof SessionClosed) {
    const { by, code, reason, isApplication, strayText } = error.info;
    if (strayText !== undefined) return [textInSession(strayText)];
    if (by === 'local' && isApplication && code !== 0n) return [invalidAnswer(request, reason)];
    if (by === 'peer' && isApplication && code === 0n && reason === '') return [closesOnUnknown([request])];
  }
  if (error instanceof RequestRejected && UNIQUE.test(error.rejection.reason)) {
    return [randomReason(error.rejection.reason)];
  }
  return [];
}

export function closesOnUnknown(requests: readonly RequestKind[]): ProbeWarning {
  return {
    cause: 'relay.quirk.closes-on-unknown-request',
    message: `the relay ends the whole session, with code 0 and no reason, instead of refusing ${requests.join(', ')}`,
    hint:
      requests.length === 1
        ? `keep that request out of sessions that carry something else; ${OTHER_WAY[requests[0] as RequestKind]}`
        : 'keep those requests out of sessions that carry something else, and use names that the relay has',
  };
}

export function unanswered(requests: readonly RequestKind[]): ProbeWarning {
  return {
    cause: 'relay.quirk.unanswered-request',
    message: `the relay does not answer ${requests.join(', ')}`,
    hint: `lower --request-timeout where it is not needed; ${requests.map((one) => OTHER_WAY[one]).join('; ')}`,
  };
}

export function invalidAnswer(request: RequestKind, why: string): ProbeWarning {
  return {
    cause: 'relay.quirk.invalid-answer',
    message: `what the relay answers to ${request} breaks the rules of the draft, which ends the session: ${escapeText(why, { maxLength: 200 })}`,
    hint: `try another draft there (--draft), and tell the authors of the relay; ${OTHER_WAY[request]}`,
  };
}

export function goneAfterMove(why: string): ProbeWarning {
  return {
    cause: 'relay.quirk.gone-after-migration',
    message: `a client moved to another local port, and the relay has accepted no session since: ${escapeText(why, { maxLength: 200 })}`,
    hint: 'look whether it still runs: if not, one client that changes networks ends it for all; tell its authors',
  };
}

export function randomReason(reason: string): ProbeWarning {
  return {
    cause: 'relay.quirk.random-reason',
    message: `the same refusal has another reason every time: "${escapeText(reason, { maxLength: 200 })}"`,
    hint: 'match on the code and not on the reason; the identifier in it is for whoever reads the log of the relay',
  };
}

export function textInSession(text: string): ProbeWarning {
  return {
    cause: 'relay.quirk.text-in-session',
    message: `the relay writes "${escapeText(text, { maxLength: 100 })}" into the WebTransport session, where only capsules belong: why it ended the session is lost in it`,
    hint: 'use raw QUIC there (moqt://), where its codes arrive; tell the authors of the relay',
  };
}

export const ACCEPTS_UNKNOWN_TRACK: ProbeWarning = {
  cause: 'relay.quirk.accepts-unknown-track',
  message: 'the relay answers SUBSCRIBE_OK for a track that nobody publishes',
  hint: 'SUBSCRIBE_OK says nothing there: wait for the first object (--subscribe with --data-timeout)',
};

/** Each cause once: the first. */
export function withoutRepeats(warnings: readonly ProbeWarning[]): ProbeWarning[] {
  return warnings.filter(({ cause }, i) => warnings.findIndex((one) => one.cause === cause) === i);
}
