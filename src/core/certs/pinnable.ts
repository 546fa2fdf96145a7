import type { X509Certificate } from 'node:crypto';
import { checkDates } from './chain.js';
import { MAX_DAYS } from './generate.js';

const DAY_MS = 86_400_000;

/**
 * Why browsers do not take the hash of this certificate in serverCertificateHashes, one phrase a reason; empty: they do.
 * The rules are the custom certificate requirements of W3C WebTransport: an X.509v3 certificate within its dates, valid for
 * at most two weeks in all, with a key that is not RSA; of the others only ECDSA P-256 is sure to be taken. Epoch ms.
 */
export function pinningObstacles(certificate: X509Certificate, now: number): string[] {
  const obstacles: string[] = [];
  const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY_MS;
  if (!(days <= MAX_DAYS)) {
    obstacles.push(`it is valid for ${formatDays(days)} days, and browsers pin at most ${MAX_DAYS}`);
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (type === 'rsa' || type === 'rsa-pss') obstacles.push('its key is RSA, which browsers do not pin');
  else if (type !== 'ec' || details?.namedCurve !== 'prime256v1') {
    obstacles.push('its key is not ECDSA P-256, the only kind that every browser pins');
  }
  const dates = checkDates(certificate, now);
  if (dates !== null) obstacles.push(dates === 'expired' ? 'it has expired' : 'it is not valid yet');
  return obstacles;
}

function formatDays(days: number): string {
  // A validity that begins with its first second and ends with its last is a second longer than it seems.
  return days < MAX_DAYS + 1 ? days.toFixed(5).replace(/\.?0+$/, '') : String(Math.round(days));
}
