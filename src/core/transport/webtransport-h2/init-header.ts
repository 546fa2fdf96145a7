import { parseIntegerDictionary } from '../webtransport/structured-field.js';
import type { InitialLimits, PeerLimits } from './session-options.js';

const KEYS = ['u', 'bl', 'br'] as const;

/**
 * What the peer grants by its SETTINGS and its WebTransport-Init together: of each limit the greater holds
 * (draft-ietf-webtrans-http2-14 §4.3). `u` counts for unidirectional streams of ours, `bl` for bidirectional streams of
 * the peer's and `br` for those of ours. A field that is no dictionary of such integers is void as a whole (RFC 9651 §4.2).
 */
export function grantedBy(settings: InitialLimits, headers: ReadonlyMap<string, string>): PeerLimits {
  const named = parseIntegerDictionary(headers.get('webtransport-init') ?? '');
  const isVoid = named === null || KEYS.some((key) => !((named.get(key) ?? 0) >= 0));
  const atLeast = (key: (typeof KEYS)[number], limit: number): number =>
    isVoid ? limit : Math.max(limit, named.get(key) ?? 0);
  return {
    ...settings,
    maxStreamDataUni: atLeast('u', settings.maxStreamDataUni),
    maxStreamDataBidi: atLeast('br', settings.maxStreamDataBidi),
    maxStreamDataAnswers: atLeast('bl', settings.maxStreamDataBidi),
  };
}
