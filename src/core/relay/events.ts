import type { FullTrackName, TrackNamespace } from '../wire/full-track-name.js';
import type { CapName } from './caps.js';

/** What happens in a relay. Names and reasons are as the peer sent them: escape them before they reach a terminal. */
export type RelayEvent =
  | {
      readonly type: 'session-opened';
      readonly session: number;
      readonly draft: string;
      readonly transport: string;
      readonly remote: string;
      readonly implementation: string | undefined;
    }
  | { readonly type: 'session-refused'; readonly remote: string; readonly reason: string }
  | {
      readonly type: 'session-closed';
      readonly session: number;
      readonly by: string;
      readonly code: string;
      readonly reason: string;
    }
  | { readonly type: 'namespace-published'; readonly session: number; readonly namespace: TrackNamespace }
  | { readonly type: 'namespace-withdrawn'; readonly session: number; readonly namespace: TrackNamespace }
  | {
      readonly type: 'namespace-subscribed';
      readonly session: number;
      readonly prefix: TrackNamespace;
      readonly wants: { readonly namespaces: boolean; readonly tracks: boolean };
    }
  /** A track has a publisher: it answered our SUBSCRIBE, or its PUBLISH was accepted. */
  | {
      readonly type: 'track-published';
      readonly session: number;
      readonly track: FullTrackName;
      readonly via: 'subscribe' | 'publish';
    }
  | { readonly type: 'track-ended'; readonly session: number; readonly track: FullTrackName; readonly status: string }
  | { readonly type: 'subscribed'; readonly session: number; readonly track: FullTrackName }
  | {
      readonly type: 'subscription-ended';
      readonly session: number;
      readonly track: FullTrackName;
      readonly status: string;
    }
  | {
      readonly type: 'request-refused';
      readonly session: number;
      readonly request: string;
      readonly code: string;
      readonly reason: string;
    }
  | {
      readonly type: 'malformed-track';
      readonly session: number;
      readonly track: FullTrackName;
      readonly reason: string;
    }
  /** At most once a second for each cap; `hits` counts all of them so far. */
  | { readonly type: 'cap'; readonly cap: CapName; readonly limit: number; readonly hits: number }
  | { readonly type: 'notice'; readonly session: number; readonly kind: string; readonly message: string }
  /** A defect of the relay that cost no more than the stream it happened on. */
  | { readonly type: 'internal-error'; readonly message: string }
  | { readonly type: 'draining'; readonly sessions: number };

/** Must not throw. */
export type RelayEventHandler = (event: RelayEvent) => void;
