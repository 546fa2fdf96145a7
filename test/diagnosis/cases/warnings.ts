import { establishSession } from '../../../src/core/session/establish.js';
import { listen } from '../../../src/core/transport/listen.js';
import { PROFILES } from '../../../src/core/wire/drafts/index.js';
import { selfSigned } from '../../support/certs.js';
import type { DiagnosisCase, Situation } from '../case.js';
import type { Lab, RelaySituation } from '../lab.js';

const warns = (warning: string, what: string, options: RelaySituation): DiagnosisCase => ({
  name: `warning ${warning}: ${what}`,
  expect: { cause: null, exit: 0, withinMs: 5000, warnings: [warning] },
  start: (lab) => lab.relay(options),
});

/** A peer over WebTransport whose answer to CONNECT has this Date. */
async function dated(lab: Lab, date: Date): Promise<Situation> {
  const { certPem, keyPem, sha256 } = await selfSigned();
  const listener = await listen(
    { host: '127.0.0.1', port: 0, certPem, keyPem, alpn: [], idleTimeoutMs: 30_000, webtransport: true },
    {
      onConnect: ({ availableProtocols }) => ({
        accept: true,
        protocol: availableProtocols[0] ?? null,
        headers: [['date', date.toUTCString()]],
      }),
      onSession(transport) {
        establishSession('server', transport, {
          profiles: PROFILES,
          timeouts: { setupMs: 5000, requestMs: 5000, closeMs: 1000 },
        }).catch(() => {});
      },
    },
  );
  lab.defer(() => listener.close({ closeSessions: { code: 0n, reason: '' } }));
  const hash = Buffer.from(sha256).toString('hex');
  return { url: `https://127.0.0.1:${listener.address.port}/`, args: ['--cert-sha256', hash] };
}

export const warningCases: readonly DiagnosisCase[] = [
  warns('tls.not-pinnable', 'a certificate for a year', { faults: ['long-cert'] }),
  warns('tls.not-pinnable', 'an RSA key', { faults: ['rsa-cert'], scheme: 'https' }),
  {
    name: 'warning tls.expires-soon: two days left',
    expect: { cause: null, exit: 0, withinMs: 5000, warnings: ['tls.expires-soon'] },
    async start(lab) {
      const { certPem, keyPem } = await selfSigned({ fromDays: -10, toDays: 2 });
      return lab.relay({ certPem, keyPem });
    },
  },
  warns('tls.insecure', '--insecure', { trust: ['--insecure'] }),
  warns('protocol.none', 'no WT-Protocol', { faults: ['no-protocol'], scheme: 'https' }),
  warns('setup.no-request-credit', 'MAX_REQUEST_ID 0', { faults: ['no-request-credit'], args: ['--draft', '16'] }),
  ...([-400, 30] as const).map(
    (minutes): DiagnosisCase => ({
      name: `warning clock.skew: the server's Date is ${minutes} minutes from here`,
      expect: { cause: null, exit: 0, withinMs: 5000, warnings: ['clock.skew'] },
      start: (lab) => dated(lab, new Date(Date.now() + minutes * 60_000)),
    }),
  ),
  warns('quic.mtu', 'full-size packets vanish', { faults: ['mtu:1250'] }),
];
