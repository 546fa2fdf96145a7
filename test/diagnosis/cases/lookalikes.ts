import { authority, selfSigned } from '../../support/certs.js';
import type { DiagnosisCase } from '../case.js';

/** Situations that look like another one at first sight. */
export const lookalikeCases: readonly DiagnosisCase[] = [
  {
    name: 'quic.not-quic: a service that answers with nothing',
    expect: { cause: 'quic.not-quic', exit: 7, withinMs: 4000, hint: ['service', 'port'] },
    start: async (lab) => ({
      url: `moqt://127.0.0.1:${await lab.udp((_, from, socket) => socket.send(Buffer.alloc(0), from.port, from.address))}/`,
    }),
  },
  {
    name: 'quic.timeout: Version Negotiation that lists version 1',
    expect: { cause: 'quic.timeout', exit: 6, withinMs: 4000, hint: ['version 1'] },
    start: (lab) => lab.relay({ faults: ['version-negotiation:0x00000001'] }),
  },
  {
    name: 'tls.untrusted: an expired certificate is sent along that belongs to no chain',
    expect: { cause: 'tls.untrusted', exit: 4, withinMs: 2000, hint: ['--ca'] },
    start: async (lab) => {
      const [root, other, noise] = await Promise.all([
        authority('Lab Root'),
        authority('Trusted Root'),
        authority('Noise', { fromDays: -30, toDays: -2 }),
      ]);
      const leaf = await root.issue();
      return lab.relay({
        certPem: leaf.certPem + noise.certPem,
        keyPem: leaf.keyPem,
        trust: ['--ca', lab.file('ca.pem', other.certPem)],
      });
    },
  },
  {
    name: 'tls.wrong-host: a wildcard inside a label',
    expect: { cause: 'tls.wrong-host', exit: 4, withinMs: 2000, message: ['a*.lab.example'], hint: ['--cert-sha256'] },
    start: async (lab) => {
      const root = await authority('Lab Root');
      const leaf = await root.issue({ hosts: ['a*.lab.example'] });
      const trust = ['--ca', lab.file('ca.pem', root.certPem), '--servername', 'ab.lab.example'];
      return lab.relay({ certPem: leaf.certPem, keyPem: leaf.keyPem, trust });
    },
  },
  {
    name: 'tls.self-signed: not the certificate that is trusted',
    expect: { cause: 'tls.self-signed', exit: 4, withinMs: 2000, hint: ['--cert-sha256'] },
    start: async (lab) => {
      const [own, trusted] = await Promise.all([selfSigned(), selfSigned()]);
      const trust = ['--ca', lab.file('ca.pem', trusted.certPem)];
      return lab.relay({ certPem: own.certPem, keyPem: own.keyPem, trust });
    },
  },
];
