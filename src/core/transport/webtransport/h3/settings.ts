import { H3Error } from './h3-error.js';
import { encodeVarints, takeVarint } from './varint.js';

/** HTTP/3 settings that matter here; WebTransport's own changed its code point with almost every draft. */
export const SETTING = {
  QPACK_MAX_TABLE_CAPACITY: 0x1,
  QPACK_BLOCKED_STREAMS: 0x7,
  /** RFC 9220. */
  ENABLE_CONNECT_PROTOCOL: 0x8,
  /** RFC 9297. */
  H3_DATAGRAM: 0x33,
  /** H3_DATAGRAM of draft-ietf-masque-h3-datagram-04, which browsers still send. */
  H3_DATAGRAM_DRAFT_04: 0xffd277,
  /** draft-ietf-webtrans-http3-02 … 06. */
  ENABLE_WEBTRANSPORT: 0x2b603742,
  /** draft-ietf-webtrans-http3-07 … 12. */
  WT_MAX_SESSIONS_07: 0xc671706a,
  /** draft-ietf-webtrans-http3-13 and 14. */
  WT_MAX_SESSIONS_13: 0x14e9cd29,
  /** draft-ietf-webtrans-http3-15 and later. */
  WT_ENABLED: 0x2c7cf000,
} as const;

/** Settings of HTTP/2 that HTTP/3 forbids (RFC 9114 §7.2.4.1). */
const FORBIDDEN: ReadonlySet<number> = new Set([0x0, 0x2, 0x3, 0x4, 0x5]);
const BOOLEAN: ReadonlySet<number> = new Set([SETTING.ENABLE_CONNECT_PROTOCOL, SETTING.H3_DATAGRAM]);

export type H3Settings = ReadonlyMap<number, number>;

/**
 * What we announce. Every WebTransport dialect at once, because a peer looks for its own and ignores the others.
 * `maxSessions` above 1 would switch on the session flow control of the drafts from 13 on in peers that have it, and
 * then they would wait for credit capsules: one session per connection is what the MoQ implementations use.
 * No limits on QPACK's dynamic table are lifted, so no QPACK streams are needed.
 */
export function ourSettings(role: 'client' | 'server', maxSessions: number): H3Settings {
  const settings = new Map<number, number>([
    [SETTING.QPACK_MAX_TABLE_CAPACITY, 0],
    [SETTING.QPACK_BLOCKED_STREAMS, 0],
    [SETTING.H3_DATAGRAM, 1],
    [SETTING.H3_DATAGRAM_DRAFT_04, 1],
    [SETTING.ENABLE_WEBTRANSPORT, 1],
    [SETTING.WT_MAX_SESSIONS_07, maxSessions],
    [SETTING.WT_MAX_SESSIONS_13, maxSessions],
    [SETTING.WT_ENABLED, 1],
  ]);
  if (role === 'server') settings.set(SETTING.ENABLE_CONNECT_PROTOCOL, 1);
  return settings;
}

/** The payload of a SETTINGS frame. */
export function encodeSettings(settings: H3Settings): Uint8Array {
  return encodeVarints(...[...settings].flat());
}

/** Decodes the payload of a SETTINGS frame (RFC 9114 §7.2.4). Unknown settings are kept: they do no harm. */
export function decodeSettings(payload: Uint8Array): H3Settings {
  const settings = new Map<number, number>();
  const cursor = { offset: 0 };
  while (cursor.offset < payload.length) {
    const id = takeVarint(payload, cursor);
    const value = id === null ? null : takeVarint(payload, cursor);
    if (id === null || value === null) throw new H3Error('H3_FRAME_ERROR', 'SETTINGS end inside a setting');
    const shown = `0x${id.toString(16)}`;
    if (FORBIDDEN.has(id)) throw new H3Error('H3_SETTINGS_ERROR', `setting ${shown} is reserved`);
    if (settings.has(id)) throw new H3Error('H3_SETTINGS_ERROR', `setting ${shown} came twice`);
    if (BOOLEAN.has(id) && value > 1) throw new H3Error('H3_SETTINGS_ERROR', `setting ${shown} is ${value}`);
    settings.set(id, value);
  }
  return settings;
}

const enabled = (settings: H3Settings, id: number): boolean => (settings.get(id) ?? 0) > 0;

/** Whether the peer speaks any dialect of WebTransport. */
export function supportsWebTransport(settings: H3Settings): boolean {
  return (
    enabled(settings, SETTING.ENABLE_WEBTRANSPORT) ||
    enabled(settings, SETTING.WT_MAX_SESSIONS_07) ||
    enabled(settings, SETTING.WT_MAX_SESSIONS_13) ||
    enabled(settings, SETTING.WT_ENABLED)
  );
}

/** What WebTransport needs and these SETTINGS do not have, in words. */
export function missingForWebTransport(settings: H3Settings): string[] {
  return [
    ...(enabled(settings, SETTING.ENABLE_CONNECT_PROTOCOL) ? [] : ['extended CONNECT (0x8)']),
    ...(supportsWebTransport(settings) ? [] : ['WebTransport (0x2b603742 or a later one)']),
    ...(supportsDatagrams(settings) ? [] : ['HTTP datagrams (0x33)']),
  ];
}

/** Whether the peer takes HTTP datagrams. */
export function supportsDatagrams(settings: H3Settings): boolean {
  return enabled(settings, SETTING.H3_DATAGRAM) || enabled(settings, SETTING.H3_DATAGRAM_DRAFT_04);
}

/** The `:protocol` of a CONNECT that this peer expects: from draft 15 on it has another name. */
export function connectProtocol(settings: H3Settings): 'webtransport' | 'webtransport-h3' {
  const onlyNew =
    enabled(settings, SETTING.WT_ENABLED) &&
    !enabled(settings, SETTING.ENABLE_WEBTRANSPORT) &&
    !enabled(settings, SETTING.WT_MAX_SESSIONS_07) &&
    !enabled(settings, SETTING.WT_MAX_SESSIONS_13);
  return onlyNew ? 'webtransport-h3' : 'webtransport';
}
