import { selfSigned } from '../../support/certs.js';
import type { DiagnosisCase } from '../case.js';
import type { RelaySituation } from '../lab.js';

const warns = (warning: string, what: string, options: RelaySituation): DiagnosisCase => ({
  name: `warning ${warning}: ${what}`,
  expect: { cause: null, exit: 0, withinMs: 5000, warnings: [warning] },
  start: (lab) => lab.relay(options),
});

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
  warns('quic.mtu', 'full-size packets vanish', { faults: ['mtu:1250'] }),
];
