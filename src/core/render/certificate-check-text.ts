import type { CertificateCheck } from '../records/certificate-report.js';
import { escapeText } from '../util/escape.js';
import { nagiosLine } from './nagios.js';

const CARRIER = { quic: 'QUIC', http3: 'HTTP/3', tcp: 'TCP', file: 'file' } as const;

/** One line of `certs check`. */
export function checkLine(name: string, check: CertificateCheck): string {
  const { state, findings, expirySeconds, durationMs, warning, critical } = check;
  const several = new Set(findings.map(({ over }) => over)).size > 1;
  return nagiosLine({
    state,
    name,
    findings: findings.map(({ state: one, over, cause, message }) => ({
      state: one,
      text: shown(`${several ? `${CARRIER[over]} ` : ''}${message}${cause === null ? '' : ` [${cause}]`}`),
    })),
    values: [
      ...(expirySeconds === null ? [] : [{ name: 'expiry', value: expirySeconds, warning, critical }]),
      { name: 'time', value: durationMs / 1000 },
    ],
  });
}

function shown(text: string): string {
  return escapeText(text, { maxLength: 400 });
}
