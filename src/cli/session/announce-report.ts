import type { AnnounceEvent, AnnounceReport } from '../../core/publisher/announce.js';
import { formatMs } from '../../core/render/quantity.js';
import type { ConnectionReport } from '../../core/session/connect/connect-settings.js';
import { formatNamespace, formatTrackName, formatTuple } from '../../core/url/namespace.js';
import { escapeText } from '../../core/util/escape.js';

/** What `announce --json` prints; see schemas/announce.json. */
export function announceDocument(report: AnnounceReport, connection: ConnectionReport) {
  const { url, draft, transport, warnings } = connection;
  return { url, draft, transport, ...report, warnings };
}

/** An event as a line for people and as JSON. */
export function announceEventText(event: AnnounceEvent): { text: string; json: Record<string, unknown> } {
  const fields = (namespace: readonly Uint8Array[]) => namespace.map((field) => formatTrackName(field));
  switch (event.kind) {
    case 'accepted':
      return {
        text: `accepted ${formatTuple(event.namespace)} in ${formatMs(event.ms)}`,
        json: { event: 'accepted', namespace: fields(event.namespace), ms: event.ms },
      };
    case 'revoked':
      return {
        text: `revoked ${formatTuple(event.namespace)}: ${escapeText(event.reason)}`,
        json: { event: 'revoked', namespace: fields(event.namespace), reason: escapeText(event.reason) },
      };
    case 'request': {
      const { request, track, prefix, answer } = event;
      const what = track
        ? ` ${formatNamespace(track.namespace)} ${formatTrackName(track.name)}`
        : prefix
          ? ` ${formatTuple(prefix)}`
          : '';
      return {
        text: `peer asks ${request}${what}: answered ${answer}`,
        json: {
          event: 'request',
          request,
          ...(track && { namespace: fields(track.namespace), track: formatTrackName(track.name) }),
          ...(prefix && { prefix: fields(prefix) }),
          answer,
        },
      };
    }
  }
}
