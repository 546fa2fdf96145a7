import type { Detail, StageReport } from '../records/probe-report.js';
import { formatMs } from './quantity.js';

/** The facts of a stage that a person looks for; the rest is in the JSON. */
export function stageFacts({ name, status, detail }: StageReport): string {
  if (status === 'skipped') return text(detail.reason);
  switch (name) {
    case 'url':
      return `${text(detail.host)} port ${text(detail.port)}${detail.path ? `, path ${text(detail.path)}` : ''}`;
    case 'dns':
      return text(detail.addresses);
    case 'udp':
    case 'tcp':
      return text(detail.address);
    case 'quic':
      return Number(detail.retries) > 0 ? `version 1, ${text(detail.retries)} Retry` : 'version 1';
    case 'tls':
      return [`sha256 ${text(detail.sha256)}`, verifiedText(detail.verified)].filter(Boolean).join(', ');
    case 'alpn':
      return text(detail.protocol);
    case 'connect':
      return `HTTP ${text(detail.status)} for ${text(detail.path)}`;
    case 'protocol':
      return detail.protocol === null ? 'none named' : text(detail.protocol);
    case 'setup':
      return [`draft ${text(detail.draft)}`, text(detail.implementation)].filter(Boolean).join(', ');
    case 'http3':
    case 'http2':
      return 'SETTINGS';
    default:
      return Object.entries(detail)
        .filter(([, value]) => value !== null)
        .map(([key, value]) =>
          key.endsWith('Ms') ? `${key.slice(0, -2)} ${formatMs(Number(value))}` : `${key} ${text(value)}`,
        )
        .join(', ');
  }
}

function verifiedText(verified: Detail | undefined): string {
  const words: Readonly<Record<string, string>> = {
    chain: 'chain and name verified',
    pin: 'pinned',
    none: 'NOT VERIFIED',
  };
  return words[text(verified)] ?? '';
}

function text(value: Detail | undefined): string {
  if (value === undefined || value === null) return '';
  return Array.isArray(value) ? value.map((one: Detail) => text(one)).join(', ') : String(value);
}
