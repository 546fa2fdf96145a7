import { describe, expect, it } from 'vitest';
import { parseCertificateServer } from '../../../../src/core/inspection/source.js';
import { watchCertificates } from '../../../../src/core/inspection/watch.js';
import type { CertificateReading, FailedReading, WatchEvent } from '../../../../src/core/records/certificate-report.js';

const DAY = 86_400;
const limits = { warning: 7 * DAY, critical: 2 * DAY };

function seen(sha256: string, days: number, over: 'http3' | 'tcp' = 'http3'): CertificateReading {
  const [notBefore, notAfter] = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'];
  const leaf = { subject: 'CN=a', issuer: 'CN=b', sha256, notBefore, notAfter };
  const firstToExpire = { subject: 'CN=a', notAfter, remainingSeconds: days * DAY };
  // What a watch does not look at is left out.
  return { ok: true, over, chain: [leaf], trusted: true, firstToExpire } as unknown as CertificateReading;
}

function gone(over: 'http3' | 'tcp' = 'http3'): FailedReading {
  return { ok: false, over, cause: 'udp.refused', message: 'nothing listens', hint: null };
}

/** What a watch tells of these looks, in short; it ends with the last. */
async function told(looks: readonly (readonly (CertificateReading | FailedReading)[])[]): Promise<string[]> {
  const ending = new AbortController();
  let next = 0;
  const inspector = {
    lookAt: async () => ({ source: '', readings: looks[next++] ?? [], comparison: null }),
  };
  const events: WatchEvent[] = [];
  const server = parseCertificateServer('https://relay.test');
  const sleep = async () => {
    if (next === looks.length) ending.abort();
  };
  for await (const event of watchCertificates(inspector, server, {
    intervalMs: 1,
    limits,
    signal: ending.signal,
    sleep,
  })) {
    events.push(event);
  }
  return events.map((event) => {
    const what = event.event === 'expiring' ? event.state : 'certificate' in event ? event.certificate.sha256 : '';
    return `${event.over} ${event.event} ${what}`.trimEnd();
  });
}

describe('watchCertificates', () => {
  it('tells the first certificate, and nothing more while it stays', async () => {
    expect(await told([[seen('a', 13)], [seen('a', 12)], [seen('a', 11)]])).toEqual(['http3 certificate a']);
  });

  it('tells each step towards the end once', async () => {
    const looks = [8, 6, 5, 1, 0.5, -1, -2].map((days) => [seen('a', days)]);
    expect(await told(looks)).toEqual([
      'http3 certificate a',
      'http3 expiring warning',
      'http3 expiring critical',
      'http3 expiring expired',
    ]);
  });

  it('tells of another certificate, and of its end if that is near too', async () => {
    expect(await told([[seen('a', 1)], [seen('b', 13)], [seen('c', 1)], [seen('c', 1)]])).toEqual([
      'http3 certificate a',
      'http3 expiring critical',
      'http3 changed b',
      'http3 changed c',
      'http3 expiring critical',
    ]);
  });

  it('tells when a server goes, comes back, or comes back changed', async () => {
    const looks = [[gone()], [gone()], [seen('a', 13)], [gone()], [seen('a', 13)], [gone()], [seen('b', 13)]];
    expect(await told(looks)).toEqual([
      'http3 unreachable',
      'http3 certificate a',
      'http3 unreachable',
      'http3 reachable a',
      'http3 unreachable',
      'http3 changed b',
    ]);
  });

  it('keeps the ways to a server apart', async () => {
    const looks = [
      [seen('a', 13), gone('tcp')],
      [seen('b', 13), seen('a', 13, 'tcp')],
    ];
    expect(await told(looks)).toEqual([
      'http3 certificate a',
      'tcp unreachable',
      'http3 changed b',
      'tcp certificate a',
    ]);
  });
});
