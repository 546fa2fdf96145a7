import type { ConnectionRecord } from '../records/connection-record.js';
import { escapeText } from '../util/escape.js';
import { formatMs } from './quantity.js';

/** A connection for people: one fact a line. */
export function connectionText(record: ConnectionRecord): string {
  const rows: [string, string][] = [
    ['url', record.url],
    [
      'peer',
      `${record.address.remote}${record.peerSetup.implementation ? `  ${escapeText(record.peerSetup.implementation)}` : ''}`,
    ],
    ['transport', transportText(record)],
    ['draft', `${record.draft}  (offered ${record.offered.join(', ')})`],
    ['trust', trustText(record)],
    ['times', record.stages.map((stage) => `${stage.stage} ${formatMs(stage.endMs - stage.startMs)}`).join('  ')],
    ['total', `${formatMs(record.totalMs)}${record.rttMs === null ? '' : `  rtt ${formatMs(record.rttMs)}`}`],
  ];
  const { certificate, peerSetup } = record;
  if (certificate) {
    rows.push(['certificate', `${escapeText(certificate.subject || '(no subject)')}  until ${certificate.notAfter}`]);
    rows.push(['sha256', certificate.sha256]);
  }
  if (peerSetup.maxRequestId !== null) rows.push(['max requests', peerSetup.maxRequestId]);
  if (record.maxDatagramSize !== null) rows.push(['datagrams', `up to ${record.maxDatagramSize} bytes`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function transportText({ transport, protocol, dialect }: ConnectionRecord): string {
  const shownProtocol = protocol ? `  (${protocol})` : '';
  return `${transport}${shownProtocol}${dialect === null ? '' : `  dialect ${dialect}`}`;
}

function trustText(record: ConnectionRecord): string {
  switch (record.verified) {
    case 'chain':
      return `chain and name verified${record.roots ? ` (${record.roots})` : ''}`;
    case 'pin':
      return 'certificate matches the pinned SHA-256';
    case 'none':
      return 'NOT VERIFIED (--insecure)';
  }
}
