import type { WatchEvent } from '../records/certificate-report.js';
import { escapeText } from '../util/escape.js';
import { timeLeft } from '../util/time-left.js';
import type { CertificatePaint } from './certificate-text.js';

const CARRIER = { quic: 'QUIC', http3: 'HTTP/3', tcp: 'TCP', file: 'file' } as const;

/** One line of `certs watch`, for people. */
export function watchLine(event: WatchEvent, paint: CertificatePaint): string {
  const head = `${paint('dim', event.at)} ${CARRIER[event.over]}`;
  if (event.event === 'unreachable') {
    return `${head} ${paint('red', 'no certificate')}: ${escapeText(event.message, { maxLength: 400 })} [${event.cause}]`;
  }
  const { subject, sha256, notAfter, remainingSeconds, trusted } = event.certificate;
  const name = escapeText(subject, { maxLength: 100 });
  const left =
    remainingSeconds < 0 ? `expired ${timeLeft(-remainingSeconds)} ago` : `${timeLeft(remainingSeconds)} left`;
  const trust = trusted === false ? `, ${paint('red', 'not trusted')}` : '';
  const what = `${name} sha256 ${sha256} until ${notAfter}, ${left}${trust}`;
  switch (event.event) {
    case 'certificate':
      return `${head} shows ${what}`;
    case 'changed':
      return `${head} ${paint('yellow', 'changed')} from ${event.before} to ${what}`;
    case 'reachable':
      return `${head} answers again: ${what}`;
    case 'expiring':
      return `${head} ${paint(event.state === 'warning' ? 'yellow' : 'red', event.state)}: ${name} until ${notAfter}, ${left}`;
  }
}
