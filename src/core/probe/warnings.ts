import type { CertificateFacts, ProbeWarning } from '../records/probe-report.js';
import type { ConnectedSession, ConnectWarning } from '../session/connect/connect-settings.js';
import { formatDuration } from '../util/duration.js';
import { escapeText } from '../util/escape.js';
import type { Observations } from './observations.js';

const DAY_MS = 86_400_000;
export const DEFAULT_EXPIRY_WARNING_MS = 7 * DAY_MS;
/** A server's Date may be as old as a cached answer, ms. */
const MAX_SKEW_MS = 60_000;

export interface WarningOptions {
  readonly expiryWarningMs: number;
  /** The chain was held against roots that the user gave. */
  readonly ownRoots: boolean;
  /** Epoch ms. */
  readonly now: number;
}

/** What fails nothing and a person should know of a session that came about. */
export function sessionWarnings(
  session: ConnectedSession,
  seen: Observations,
  certificate: CertificateFacts | null,
  options: WarningOptions,
): ProbeWarning[] {
  return [
    ...(certificate === null ? [] : certificateWarnings(session, certificate, options)),
    ...slowFallback(seen),
    ...protocolNone(session.connection.warnings),
    ...noCredit(session),
    ...clockSkew(seen, options.now),
  ];
}

function certificateWarnings(
  { connection }: ConnectedSession,
  certificate: CertificateFacts,
  { expiryWarningMs, ownRoots, now }: WarningOptions,
): ProbeWarning[] {
  const warnings: ProbeWarning[] = [];
  if (connection.verified === 'none') {
    warnings.push({
      cause: 'tls.insecure',
      message: 'the certificate was not verified (--insecure): anyone on the way can read and change everything',
      hint: `pin it instead, if you know that it is the right one: --cert-sha256 ${certificate.sha256}`,
    });
  }
  const leftMs = Date.parse(certificate.notAfter) - now;
  const lifeMs = Date.parse(certificate.notAfter) - Date.parse(certificate.notBefore);
  // Certificates made to be pinned live for two weeks at most: a week before their end is no news.
  if (leftMs >= 0 && leftMs < Math.min(expiryWarningMs, lifeMs / 3)) {
    warnings.push({
      cause: 'tls.expires-soon',
      message: `the certificate expires on ${certificate.notAfter}, in ${formatDuration(roundUp(leftMs))}`,
      hint: 'renew it in time; moqt certs watch tells when it has changed',
    });
  }
  // Whoever has a certificate that the system trusts has no need to pin it.
  const isPublic = connection.verified === 'chain' && !ownRoots;
  if (!certificate.pinnable && !isPublic) {
    warnings.push({
      cause: 'tls.not-pinnable',
      message: `browsers cannot pin this certificate (serverCertificateHashes): ${certificate.notPinnableBecause.join('; ')}`,
      hint: 'moqt certs generate makes one that they accept: ECDSA P-256, valid for at most 14 days',
    });
  }
  return warnings;
}

function slowFallback({ best, sightings }: Observations): ProbeWarning[] {
  if (best === null) return [];
  const familyOf = (address: string): number => (address.includes(':') ? 6 : 4);
  const dead = sightings.find((one) => one.answerMs === null && familyOf(one.address) !== familyOf(best.address));
  if (dead === undefined || dead.attemptMs > best.attemptMs) return [];
  const [lost, won] = [familyOf(dead.address), familyOf(best.address)];
  return [
    {
      cause: 'udp.slow-fallback',
      message: `IPv${lost} (${dead.address}) does not answer: every connection loses time before it tries IPv${won} (${best.address})`,
      hint: `repair the relay's IPv${lost} or take its address out of DNS; until then use -${won}`,
    },
  ];
}

/** That a draft had to be assumed: also of a session that did not come about then. */
export function protocolNone(warnings: readonly ConnectWarning[]): ProbeWarning[] {
  const assumed = warnings.find(({ kind }) => kind === 'draft-assumed');
  if (assumed === undefined) return [];
  const hint = 'name the draft with --draft if you know it; a server of something else than MoQ names none either';
  return [{ cause: 'protocol.none', message: escapeText(assumed.message), hint }];
}

function noCredit({ profile, peerSetup }: ConnectedSession): ProbeWarning[] {
  if (profile.features.requests !== 'muxed-control' || (peerSetup.maxRequestId ?? 0n) > 0n) return [];
  const said = peerSetup.maxRequestId === undefined ? 'no MAX_REQUEST_ID' : 'MAX_REQUEST_ID 0';
  return [
    {
      cause: 'setup.no-request-credit',
      message: `the peer's SETUP says ${said}: it allows no requests`,
      hint: 'requests wait until it sends MAX_REQUEST_ID; the relay must grant some in its SETUP',
    },
  ];
}

function clockSkew({ response }: Observations, now: number): ProbeWarning[] {
  const date = Date.parse(response?.headers.get('date') ?? '');
  if (Number.isNaN(date) || Math.abs(now - date) <= MAX_SKEW_MS) return [];
  const apart = formatDuration(roundUp(Math.abs(now - date)));
  const which = now > date ? 'ahead of' : 'behind';
  return [
    {
      cause: 'clock.skew',
      message: `the clock of this machine is ${apart} ${which} the server's`,
      hint: 'set the clocks (NTP): certificates and tokens are judged by them',
    },
  ];
}

function roundUp(ms: number): number {
  const unit = ms >= 2 * DAY_MS ? DAY_MS : ms >= 7_200_000 ? 3_600_000 : ms >= 120_000 ? 60_000 : 1000;
  return Math.ceil(ms / unit) * unit;
}
