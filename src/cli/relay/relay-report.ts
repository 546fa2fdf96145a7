import type { RelayEvent } from '../../core/relay/events.js';
import type { RelayTransport } from '../../core/relay/serve-options.js';
import type { Relay } from '../../core/relay/serve-relay.js';
import { formatNamespace, formatTrackName, formatTuple } from '../../core/url/namespace.js';
import { toHex } from '../../core/util/bytes.js';
import { escapeText } from '../../core/util/escape.js';
import type { FullTrackName } from '../../core/wire/full-track-name.js';

/** A relay that accepts sessions, as the first line of `--jsonl` tells. */
export interface ListeningRecord {
  readonly event: 'listening';
  readonly urls: readonly string[];
  readonly certificate: { readonly sha256: string; readonly notAfter: string };
  readonly drafts: readonly string[];
  readonly transports: readonly RelayTransport[];
  /** Faults that it has on purpose, where it has any. */
  readonly faults?: readonly string[];
  /** The page for browsers, where it is served. */
  readonly web?: string;
}

export function listeningRecord({ urls, certificate, drafts, transports, faults, web }: Relay): ListeningRecord {
  return {
    event: 'listening',
    urls,
    certificate: { sha256: toHex(certificate.sha256), notAfter: certificate.notAfter.toISOString() },
    drafts,
    transports,
    ...(faults.length > 0 && { faults }),
    ...(web !== null && { web }),
  };
}

/** For people: where it is, how to trust it, and commands ready to paste. */
export function listeningText(record: ListeningRecord): string {
  const { urls, certificate, drafts, transports, faults, web } = record;
  const base64 = Buffer.from(certificate.sha256, 'hex').toString('base64');
  const url = urls[0] ?? '';
  const trust = `--cert-sha256 ${certificate.sha256}${url.startsWith('https:') ? transportFlag(record) : ''}`;
  return [
    ...urls.map((one) => `listening    ${one}`),
    `drafts       ${drafts.join(', ')}`,
    `transports   ${transports.join(', ')}`,
    `certificate  sha256 ${certificate.sha256}`,
    `             base64 ${base64}`,
    `             until  ${certificate.notAfter}`,
    ...(faults === undefined
      ? []
      : [`WARNING      this relay misbehaves on purpose: ${faults.map((one) => escapeText(one)).join(', ')}`]),
    ...(web === undefined ? [] : [`page         ${web}`]),
    '',
    `moqt publish ${url} live/room1 cam FILE ${trust}`,
    `moqt subscribe ${url} live/room1 cam --wait ${trust} > copy`,
    ...plainHttpLines(record),
  ].join('\n');
}

/** Clients of an http:// URL fetch the hash themselves, from the TCP port. */
function plainHttpLines(record: ListeningRecord): string[] {
  const { urls, transports } = record;
  const https = urls.find((url) => url.startsWith('https:'));
  if (https === undefined || !transports.includes('webtransport-h2')) return [];
  return [
    '',
    'or without the hash, on this machine:',
    `moqt subscribe ${https.replace('https:', 'http:')} live/room1 cam --wait${transportFlag(record)} > copy`,
  ];
}

/** Where HTTP/3 is not served, there is nothing to look for over UDP; a server of raw QUIC alone would even refuse it. */
function transportFlag({ transports }: ListeningRecord): string {
  return transports.includes('webtransport') ? '' : ' --transport webtransport-h2';
}

const fields = (namespace: readonly Uint8Array[]) => namespace.map((field) => formatTrackName(field));
const trackText = (track: FullTrackName) => `${formatNamespace(track.namespace)} ${formatTrackName(track.name)}`;

/** An event as JSON: names as text, `%xx` where they are not. */
export function relayEventJson(event: RelayEvent): Record<string, unknown> {
  const { type, ...rest } = event;
  const json: Record<string, unknown> = { event: type };
  for (const [key, value] of Object.entries(rest)) {
    if (key === 'track') {
      const track = value as FullTrackName;
      json.namespace = fields(track.namespace);
      json.track = formatTrackName(track.name);
    } else if (key === 'namespace' || key === 'prefix') json[key] = fields(value as readonly Uint8Array[]);
    else json[key] = typeof value === 'string' ? escapeText(value) : value;
  }
  return json;
}

export function relayEventText(event: RelayEvent): string {
  const who = 'session' in event ? `#${event.session} ` : '';
  switch (event.type) {
    case 'session-opened': {
      const name = event.implementation ? ` ${escapeText(event.implementation, { maxLength: 80 })}` : '';
      return `${who}opened from ${event.remote}: draft ${event.draft} over ${event.transport}${name}`;
    }
    case 'session-refused':
      return `session from ${event.remote} refused: ${escapeText(event.reason)}`;
    case 'session-closed':
      return `${who}closed by ${event.by}: ${event.code}${event.reason ? ` (${escapeText(event.reason)})` : ''}`;
    case 'namespace-published':
      return `${who}announces ${formatTuple(event.namespace)}`;
    case 'namespace-withdrawn':
      return `${who}withdraws ${formatTuple(event.namespace)}`;
    case 'namespace-subscribed':
      return `${who}asks for ${event.wants.tracks ? 'tracks' : 'namespaces'} below ${formatTuple(event.prefix)}`;
    case 'track-published':
      return `${who}publishes ${trackText(event.track)} (${event.via})`;
    case 'track-ended':
      return `${who}ended ${trackText(event.track)}: ${event.status}`;
    case 'subscribed':
      return `${who}subscribed to ${trackText(event.track)}`;
    case 'subscription-ended':
      return `${who}subscription to ${trackText(event.track)} ended: ${event.status}`;
    case 'request-refused':
      return `${who}${event.request} refused: ${event.code}${event.reason ? ` (${escapeText(event.reason)})` : ''}`;
    case 'malformed-track':
      return `${who}malformed track ${trackText(event.track)}: ${escapeText(event.reason)}`;
    case 'cap':
      return `cap ${event.cap} of ${event.limit} reached, ${event.hits} times so far`;
    case 'notice':
      return `${who}${event.kind}: ${escapeText(event.message)}`;
    case 'internal-error':
      return `internal error: ${escapeText(event.message)}`;
    case 'draining':
      return `draining ${event.sessions} sessions`;
  }
}

/** `--fault help`: what can be asked for. */
export function faultHelp(faults: readonly { readonly form: string; readonly summary: string }[]): string {
  const width = Math.max(...faults.map(({ form }) => form.length));
  return faults.map(({ form, summary }) => `${form.padEnd(width)}  ${summary}`).join('\n');
}
