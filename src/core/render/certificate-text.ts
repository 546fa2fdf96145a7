import type {
  CertificateDetails,
  CertificateInspection,
  CertificateReading,
  FailedReading,
  KeyFacts,
  TrustVerdict,
} from '../records/certificate-report.js';
import { escapeText } from '../util/escape.js';
import { timeLeft } from '../util/time-left.js';

/** Colours, or not: `(style, text) => text`. */
export type CertificatePaint = (style: 'red' | 'yellow' | 'green' | 'dim' | 'bold', text: string) => string;

const CARRIER = { quic: 'QUIC', http3: 'HTTP/3', tcp: 'TCP', file: 'file' } as const;
const BAR_WIDTH = 40;
/** Below this a person wants to see it at once. */
const SOON_SECONDS = 2 * 86_400;

type Row = readonly [name: string, value: string];

/** What `certs inspect` found, for people. */
export function inspectionText(
  { source, readings, comparison }: CertificateInspection,
  paint: CertificatePaint,
): string {
  const parts = readings.map((reading, index) => {
    const shown = readings[index - 1];
    if (reading.ok && shown?.ok && comparison === 'same') {
      return `${paint('bold', heading(source, reading))}\nthe same certificates as over ${CARRIER[shown.over]}`;
    }
    return `${paint('bold', heading(source, reading))}\n${reading.ok ? readingText(reading, paint) : failedText(reading, paint)}`;
  });
  if (comparison === 'different') {
    parts.push(
      paint('yellow', 'HTTP/3 and TCP have different certificates: a hash that is pinned fits only one of them'),
    );
  } else if (comparison === 'other-chain') {
    parts.push(paint('yellow', 'HTTP/3 and TCP have the same certificate, with other certificates behind it'));
  }
  return parts.join('\n\n');
}

function heading(source: string, { over, ...reading }: CertificateReading | FailedReading): string {
  const where = reading.ok && reading.address !== null ? `, ${reading.address}` : '';
  const protocol = reading.ok && reading.protocol !== '' ? ` (${escapeText(reading.protocol, { maxLength: 40 })})` : '';
  return over === 'file' ? escapeText(source) : `${source} over ${CARRIER[over]}${protocol}${where}`;
}

function failedText({ cause, message, hint }: FailedReading, paint: CertificatePaint): string {
  return `${paint('red', `no certificate: ${escapeText(message, { maxLength: 400 })}`)} [${cause}]${hint === null ? '' : ` — ${escapeText(hint)}`}`;
}

function readingText(reading: CertificateReading, paint: CertificatePaint): string {
  const [leaf, ...others] = reading.chain as [CertificateDetails, ...CertificateDetails[]];
  const rows: Row[] = [
    ['subject', nameText(leaf.subject)],
    ['issuer', leaf.selfSigned ? 'itself (self-signed)' : nameText(leaf.issuer)],
    ['names', leaf.names.map((name) => escapeText(name, { maxLength: 255 })).join(', ') || 'none'],
    ['key', keyText(leaf.key)],
    ['signature', leaf.signature ?? 'unknown'],
    ['serial', leaf.serial],
    ['valid', `${day(leaf.notBefore)} to ${day(leaf.notAfter)}, ${timeLeft(leaf.validitySeconds)} in all`],
    ['', timeline(leaf, paint)],
    ['sha256', reading.pin.hex],
    ['base64', reading.pin.base64],
    ['colon', reading.pin.colon],
    [
      'browsers',
      reading.pinnable ? reading.pin.js : paint('yellow', `cannot pin it: ${reading.notPinnableBecause.join('; ')}`),
    ],
    ...trustRows(reading, paint),
    ...others.map((one, index): Row => [index === 0 ? 'chain' : '', chainText(one, paint)]),
  ];
  if (reading.missingIssuer !== null) rows.push(['missing', missingText(reading.missingIssuer, paint)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function trustRows({ verdicts, trusted, host }: CertificateReading, paint: CertificatePaint): Row[] {
  const rows: Row[] = [];
  if (trusted === null) rows.push(['trust', paint('yellow', 'NOT VERIFIED (--insecure)')]);
  for (const verdict of verdicts) {
    // What decides nothing gives no advice.
    const decides = trusted !== null && verdict === verdicts[0];
    rows.push([rows.length === 0 ? 'trust' : '', verdictText(verdict, decides, paint)]);
  }
  if (host !== null) {
    const name = escapeText(host.name, { maxLength: 255 });
    rows.push(['host', host.matches ? `${name} is among its names` : paint('red', `${name} is not among its names`)]);
  }
  return rows;
}

function verdictText(verdict: TrustVerdict, decides: boolean, paint: CertificatePaint): string {
  const { against, source, ok, cause, message, hint } = verdict;
  const what = {
    pin: '--cert-sha256',
    ca: `--ca ${escapeText(source ?? '')}`,
    system: `system roots (${escapeText(source ?? '')})`,
  }[against];
  if (ok) return `${paint('green', 'yes')}  ${what}`;
  const advice = hint === null || !decides ? '' : ` — ${escapeText(hint)}`;
  return `${paint('red', 'no')}   ${what}: ${escapeText(message ?? '', { maxLength: 400 })} [${cause}]${advice}`;
}

function chainText(one: CertificateDetails, paint: CertificatePaint): string {
  const kind = one.selfSigned ? 'root' : one.ca ? 'intermediate' : 'no authority';
  const left = one.remainingSeconds;
  const end = left < 0 ? paint('red', `expired ${day(one.notAfter)}`) : `until ${day(one.notAfter)}`;
  return `${nameText(one.subject)} (${kind}, ${keyText(one.key)}, ${end})`;
}

function missingText({ name, url }: { name: string; url: string | null }, paint: CertificatePaint): string {
  const where = url === null ? '' : `; it can be had from ${escapeText(url, { maxLength: 200 })}`;
  return paint('yellow', `${nameText(name)}, the issuer of the last one: not sent, and no trusted root${where}`);
}

/** The validity as a bar, with a mark where we are in it: `━━━━━━●──────  9d 4h left`. */
function timeline({ validitySeconds, remainingSeconds }: CertificateDetails, paint: CertificatePaint): string {
  const gone = validitySeconds - remainingSeconds;
  const share = Math.min(1, Math.max(0, gone / Math.max(1, validitySeconds)));
  const mark = Math.min(BAR_WIDTH - 1, Math.floor(share * BAR_WIDTH));
  const bar = `${'━'.repeat(mark)}●${'─'.repeat(BAR_WIDTH - 1 - mark)}`;
  if (remainingSeconds < 0) return paint('red', `${bar}  expired ${timeLeft(-remainingSeconds)} ago`);
  if (gone < 0) return paint('red', `${bar}  valid only in ${timeLeft(-gone)}`);
  return paint(remainingSeconds < SOON_SECONDS ? 'yellow' : 'green', `${bar}  ${timeLeft(remainingSeconds)} left`);
}

function keyText({ type, curve, bits }: KeyFacts): string {
  if (curve !== null) return `${type === 'EC' ? 'ECDSA' : type} ${curve}`;
  return bits === null ? type : `${type} ${bits} bits`;
}

function nameText(name: string): string {
  return escapeText(name, { maxLength: 200 }) || '(no name)';
}

/** `2026-11-23 13:40 UTC`. */
function day(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}
