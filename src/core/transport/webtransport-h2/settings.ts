import type { Settings } from 'node:http2';
import type { DialectName } from './dialect.js';
import type { InitialLimits, LocalLimits } from './session-options.js';

/** SETTINGS of WebTransport over HTTP/2 (draft-ietf-webtrans-http2-11 §10.1). */
const SETTING = {
  maxSessions: 0x2b60,
  maxData: 0x2b61,
  maxStreamDataUni: 0x2b62,
  maxStreamDataBidi: 0x2b63,
  maxStreamsUni: 0x2b64,
  maxStreamsBidi: 0x2b65,
} as const;

/** For node:http2, which reports no others. */
export const REMOTE_CUSTOM_SETTINGS: number[] = Object.values(SETTING);

const DEFAULT_MAX_STREAMS = 1000;
/** As on QUIC: a group of 256 KiB with its headers, which then never waits for a round trip. */
const DEFAULT_STREAM_WINDOW = 262 << 10;
const STREAM_WINDOW_CEILING = 16 << 20;
/** What may wait unread in a session, and what that grows to while readers keep up. */
const DEFAULT_SESSION_WINDOW = 16 << 20;
const SESSION_WINDOW_CEILING = 64 << 20;
const MAX_SETTING = 2 ** 32 - 1;

/** HTTP/2's own window: WebTransport's are what limits, this bounds what nobody has looked at yet. */
export const HTTP2_WINDOW = 4 << 20;
/** Bytes of a header list that we take. */
const MAX_HEADER_LIST = 16 << 10;
/** The session, and plain requests beside it. */
const MAX_REQUESTS = 16;

/** What a client's or server's options say about windows and streams. */
export interface WindowOptions {
  readonly maxIncomingUni?: number | undefined;
  readonly maxIncomingBidi?: number | undefined;
  readonly streamWindow?: number | undefined;
  readonly connectionWindow?: number | undefined;
}

/** What we grant the peer, with the defaults for what is left open. */
export function localLimits(options: WindowOptions): LocalLimits {
  const streamWindow = asSetting(options.streamWindow ?? DEFAULT_STREAM_WINDOW);
  const maxData = asSetting(options.connectionWindow ?? DEFAULT_SESSION_WINDOW);
  return {
    maxData,
    maxStreamDataUni: streamWindow,
    maxStreamDataBidi: streamWindow,
    maxStreamsUni: asSetting(options.maxIncomingUni ?? DEFAULT_MAX_STREAMS),
    maxStreamsBidi: asSetting(options.maxIncomingBidi ?? DEFAULT_MAX_STREAMS),
    streamWindowCeiling: Math.max(streamWindow, STREAM_WINDOW_CEILING),
    sessionWindowCeiling: options.connectionWindow === undefined ? Math.max(maxData, SESSION_WINDOW_CEILING) : maxData,
  };
}

function asSetting(value: number): number {
  return Math.min(Math.max(0, Math.floor(value)), MAX_SETTING);
}

/** Our SETTINGS. Node's types lack customSettings. */
export function ourSettings(role: 'client' | 'server', limits: LocalLimits): Settings {
  const custom: Record<number, number> = { [SETTING.maxSessions]: 1 };
  for (const name of ['maxData', 'maxStreamDataUni', 'maxStreamDataBidi', 'maxStreamsUni', 'maxStreamsBidi'] as const) {
    // Node refuses to send a 0, which an absent setting means anyway.
    if (limits[name] > 0) custom[SETTING[name]] = limits[name];
  }
  const settings: Settings & { customSettings: Record<number, number> } = {
    initialWindowSize: HTTP2_WINDOW,
    maxHeaderListSize: MAX_HEADER_LIST,
    ...(role === 'client'
      ? { enablePush: false }
      : { maxConcurrentStreams: MAX_REQUESTS, enableConnectProtocol: true }),
    customSettings: custom,
  };
  return settings;
}

/** What the peer's SETTINGS say about WebTransport. */
export interface PeerSettings {
  /** The server takes extended CONNECT (RFC 8441). */
  readonly connectProtocol: boolean;
  /** It names WebTransport in any way. */
  readonly webTransport: boolean;
  /** The draft has every endpoint name its maximum of sessions; what leaves it out speaks as fails-components does. */
  readonly dialect: DialectName;
  readonly limits: InitialLimits;
}

/** SETTINGS by their identifiers on the wire (RFC 9113 §6.5.2). */
export function settingsById(settings: Settings): ReadonlyMap<number, number> {
  const { customSettings = {} } = settings as Settings & { customSettings?: Readonly<Record<number, number>> };
  const known: readonly (readonly [number, number | boolean | undefined])[] = [
    [0x1, settings.headerTableSize],
    [0x2, settings.enablePush],
    [0x3, settings.maxConcurrentStreams],
    [0x4, settings.initialWindowSize],
    [0x5, settings.maxFrameSize],
    [0x6, settings.maxHeaderListSize],
    [0x8, settings.enableConnectProtocol],
  ];
  const custom = Object.entries(customSettings).map(([id, value]) => [Number(id), value] as const);
  return new Map([...known, ...custom].flatMap(([id, value]) => (value === undefined ? [] : [[id, Number(value)]])));
}

export function readPeerSettings(settings: Settings): PeerSettings {
  const { customSettings = {} } = settings as Settings & { customSettings?: Readonly<Record<number, number>> };
  const value = (name: keyof typeof SETTING): number => customSettings[SETTING[name]] ?? 0;
  return {
    connectProtocol: settings.enableConnectProtocol === true,
    webTransport: Object.values(SETTING).some((id) => (customSettings[id] ?? 0) > 0),
    dialect: value('maxSessions') > 0 ? 'draft' : 'fails-components',
    limits: {
      maxData: value('maxData'),
      maxStreamDataUni: value('maxStreamDataUni'),
      maxStreamDataBidi: value('maxStreamDataBidi'),
      maxStreamsUni: value('maxStreamsUni'),
      maxStreamsBidi: value('maxStreamsBidi'),
    },
  };
}
