import type { IncomingRequest, IncomingSubscribe, MoqtSession, SessionHandlers } from '../../session/session.js';
import type { FullTrackName } from '../../wire/full-track-name.js';
import { resolveCode, resolveName } from './codes.js';
import type { Fault } from './fault.js';

/** What users call the requests. */
const HANDLERS = {
  subscribe: 'onSubscribe',
  publish: 'onPublish',
  fetch: 'onFetch',
  'track-status': 'onTrackStatus',
  announce: 'onPublishNamespace',
  'subscribe-namespace': 'onSubscribeNamespace',
} as const satisfies Record<string, keyof SessionHandlers>;

export type RequestWord = keyof typeof HANDLERS;

export const REQUEST_WORDS = Object.keys(HANDLERS) as RequestWord[];

/** `act` answers requests of this kind, or of every kind, in place of the relay. */
function instead(word: RequestWord | null, act: (request: IncomingRequest, session: MoqtSession) => void): Fault {
  return {
    handlers(handlers, session) {
      const changed: Record<string, unknown> = { ...handlers };
      for (const one of word === null ? REQUEST_WORDS : [word]) {
        changed[HANDLERS[one]] = (request: IncomingRequest) => act(request, session());
      }
      return changed as SessionHandlers;
    },
  };
}

/** Requests of this kind are never answered. */
export function neverAnswer(word: RequestWord): Fault {
  return instead(word, () => {});
}

/** Requests, or those of one kind, are refused. */
export function reject(code: string, word: RequestWord | null, reason: string): Fault {
  return instead(word, (request, { profile }) => {
    request.reject({ name: resolveName(profile, 'request-error', code), reason });
  });
}

/** The session is closed when such a request comes. */
export function closeAt(code: string, word: RequestWord): Fault {
  return instead(word, (_request, { transport, profile }) => {
    void transport.close(resolveCode(profile, 'session', code), '').catch(() => {});
  });
}

/** Every SUBSCRIBE is accepted, and not one object is sent. */
export function stall(): Fault {
  return instead('subscribe', (request) => {
    try {
      (request as IncomingSubscribe).accept();
    } catch {
      // The subscriber has left already.
    }
  });
}

/** Requests, or those of one kind, are sent elsewhere (REDIRECT, from draft 18 on). */
export function redirectRequest(connectUri: string, track: FullTrackName, word: RequestWord | null): Fault {
  return instead(word, (request) => {
    request.reject({ name: 'REDIRECT', reason: 'redirected by --fault', redirect: { connectUri, track } });
  });
}
