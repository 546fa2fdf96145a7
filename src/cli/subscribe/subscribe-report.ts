import type { FormatValue } from '../../core/render/format.js';
import { formatBytes, formatMs } from '../../core/render/quantity.js';
import type { ConnectionReport } from '../../core/session/connect/connect-settings.js';
import type { SubscribeEvent, SubscribeReport } from '../../core/subscriber/subscribe-options.js';
import { escapeText } from '../../core/util/escape.js';
import type { StageTimes } from '../session/stage-times.js';

/** What `subscribe --json` prints; 64-bit integers are strings. See schemas/subscribe.json. */
export type SubscribeDocument = Record<string, unknown>;

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? inner.toString() : inner)));

export function subscribeDocument(report: SubscribeReport, connection: ConnectionReport): SubscribeDocument {
  const { url, draft, transport, warnings } = connection;
  return { url, draft, transport, ...(plain(report) as object), warnings };
}

export function subscribeText(report: SubscribeReport): string {
  const { objects, bytes, groups, missing, times } = report;
  const took =
    times.endedMs !== null && times.firstObjectMs !== null
      ? ` in ${formatMs(times.endedMs - times.firstObjectMs)}`
      : '';
  const extra = [
    missing.groups > 0n ? `${missing.groups} groups missing` : '',
    missing.objects > 0n ? `${missing.objects} objects missing` : '',
    missing.streams > 0n ? `${missing.streams} streams missing` : '',
    report.duplicates > 0 ? `${report.duplicates} duplicates dropped` : '',
    report.late > 0 ? `${report.late} late objects dropped` : '',
    report.skippedGroups > 0 ? `${report.skippedGroups} groups skipped` : '',
    report.droppedDatagrams > 0 ? `${report.droppedDatagrams} datagrams dropped` : '',
  ].filter(Boolean);
  return `moqt: received ${formatBytes(bytes)} in ${objects} objects, ${groups} groups${took}${extra.length > 0 ? `; ${extra.join(', ')}` : ''}`;
}

/** What `--write-out` can show. */
export const WRITE_OUT_VARIABLES = [
  ...[
    'time_dns',
    'time_quic',
    'time_tcp',
    'time_tls',
    'time_http2',
    'time_webtransport',
    'time_setup',
    'time_subscribe_ok',
    'time_first_object',
    'time_total',
  ],
  ...['draft', 'transport', 'objects', 'bytes', 'size', 'groups', 'missing', 'duplicates', 'exit_code', 'error'],
] as const;

export function writeOutValues(input: {
  times: StageTimes;
  sessionMs: number | null;
  totalMs: number;
  report: SubscribeReport | null;
  connection: ConnectionReport | null;
  exitCode: number;
  error: string | null;
}): Record<string, FormatValue> {
  const { report, connection, sessionMs } = input;
  // The subscription counts from its own start; the script wants everything from the command's.
  const since = (ms: number | null | undefined) =>
    ms === null || ms === undefined || sessionMs === null ? null : sessionMs + ms;
  return {
    ...input.times.values({
      subscribeOkMs: since(report?.times.subscribeOkMs),
      firstObjectMs: since(report?.times.firstObjectMs),
    }),
    time_total: (input.totalMs / 1_000).toFixed(6),
    draft: connection?.draft,
    transport: connection?.transport,
    objects: report?.objects,
    bytes: report?.bytes,
    size: report?.bytes,
    groups: report?.groups,
    missing: report && report.missing.groups + report.missing.objects + report.missing.streams,
    duplicates: report?.duplicates,
    exit_code: input.exitCode,
    error: input.error,
  };
}

export function tellSubscribeEvent(
  voice: { note(line: string): void; readonly output: { readonly verbose: boolean } },
  event: SubscribeEvent,
): void {
  if (event.kind === 'waiting') {
    if (event.attempt === 1 || voice.output.verbose)
      voice.note(`waiting for a publisher (${escapeText(event.answer)})`);
  } else if (event.kind === 'held') voice.note('waiting for a publisher (the peer has not answered yet)');
  else if (event.kind === 'notice') voice.note(escapeText(event.notice.message));
  else if (voice.output.verbose) voice.note(event.kind.replaceAll('-', ' '));
}
