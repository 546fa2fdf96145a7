import type { PublishEvent, PublishReport } from '../../core/publisher/publish-options.js';
import { formatBytes, formatMs } from '../../core/render/quantity.js';
import type { ConnectionReport } from '../../core/session/connect/connect-settings.js';
import { escapeText } from '../../core/util/escape.js';
import { jsonLine } from '../io/json-line.js';

/** What `publish --json` prints; see schemas/publish.json. */
export interface PublishDocument extends Omit<PublishReport, 'subscriptions'> {
  readonly url: string;
  readonly draft: string;
  readonly transport: string;
  readonly subscriptions: readonly (Omit<PublishReport['subscriptions'][number], 'requestId'> & {
    readonly requestId: string;
  })[];
  readonly warnings: readonly { readonly kind: string; readonly message: string }[];
}

export function publishDocument(report: PublishReport, connection: ConnectionReport): PublishDocument {
  return {
    url: connection.url,
    draft: connection.draft,
    transport: connection.transport,
    ...report,
    subscriptions: report.subscriptions.map((subscription) => ({
      ...subscription,
      requestId: subscription.requestId.toString(),
    })),
    warnings: connection.warnings,
  };
}

/** One line for people, of what was done and how far it is known to have arrived. */
export function publishText(document: PublishDocument): string {
  const { bytes, objects, groups, times, delivery, unheardObjects } = document;
  const seconds = times.endedMs === null || times.firstObjectMs === null ? null : times.endedMs - times.firstObjectMs;
  const known = {
    acknowledged: 'delivery acknowledged',
    'handed-over': 'handed over (this transport tells no more)',
    none: 'delivered to nobody',
  }[delivery];
  const unheard = unheardObjects > 0 ? `, ${unheardObjects} objects had no listener` : '';
  const took = seconds === null ? '' : ` in ${formatMs(seconds)}`;
  return `moqt: published ${formatBytes(bytes)} in ${objects} objects, ${groups} groups${took} to ${document.subscriptions.length} subscription${document.subscriptions.length === 1 ? '' : 's'}: ${known}${unheard}`;
}

interface Voice {
  note(line: string): void;
  warning(line: string): void;
  print(line: string): void;
  readonly output: { readonly verbose: boolean; readonly jsonl: boolean };
}

export function tellPublishEvent(voice: Voice, event: PublishEvent): void {
  if (voice.output.jsonl) {
    const { kind, ...fields } = event;
    voice.print(jsonLine({ event: kind, ...fields }));
    return;
  }
  if (event.kind === 'waiting-for-subscriber') voice.note('waiting for a subscriber');
  else if (event.kind === 'notice') voice.note(escapeText(event.message));
  else if (event.kind === 'namespace-revoked') {
    voice.warning(`the peer took back its acceptance of the namespace: ${escapeText(event.reason)}`);
  } else if (event.kind === 'stream-stopped') {
    voice.note(`the peer stopped a stream with code 0x${event.code.toString(16)}`);
  } else if (event.kind === 'subscription-ended') {
    const { end, objects, bytes } = event.subscription;
    if (end !== 'complete' || voice.output.verbose)
      voice.note(`a subscription ended (${end}): ${objects} objects, ${formatBytes(bytes)}`);
  } else if (voice.output.verbose) voice.note(event.kind.replaceAll('-', ' '));
}
