import { createSecureServer } from 'node:http2';
import {
  authority,
  type IssueOptions,
  selfSigned,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certs.js';
import type { DiagnosisCase, Expectation, Situation } from '../case.js';
import type { Lab, Scheme } from '../lab.js';

const EXPIRED: IssueOptions = { fromDays: -30, toDays: -2 };
const FUTURE: IssueOptions = { fromDays: 3, toDays: 10 };
const expect = (cause: string, hint: readonly string[] = [], message: readonly string[] = []): Expectation => ({
  cause,
  exit: 4,
  withinMs: 2000,
  hint,
  message,
});

interface Chain {
  readonly leaf: TestCertificate;
  /** What is sent behind the leaf. */
  readonly sent?: readonly TestCertificate[];
  /** For --ca. */
  readonly root?: TestCertificate;
}

/** Our relay with this chain, and a probe that trusts the root. */
async function serve(
  lab: Lab,
  { leaf, sent = [], root }: Chain,
  options: { readonly scheme?: Scheme; readonly args?: readonly string[] } = {},
): Promise<Situation> {
  const certPem = [leaf, ...sent].map((one) => one.certPem).join('');
  const trust = root === undefined ? [] : ['--ca', lab.file('ca.pem', root.certPem)];
  return lab.relay({ certPem, keyPem: leaf.keyPem, trust, ...options });
}

/** A root, an intermediate below it, and a leaf below that. */
async function three(
  intermediate: IssueOptions = {},
  leaf: IssueOptions = {},
): Promise<{ root: TestAuthority; middle: TestAuthority; leaf: TestCertificate }> {
  const root = await authority('Lab Root', { fromDays: -100, toDays: 100 });
  const middle = await root.intermediate('Lab Intermediate', intermediate);
  return { root, middle, leaf: await middle.issue(leaf) };
}

const H2 = ['--transport', 'webtransport-h2'];

export const tlsCases: readonly DiagnosisCase[] = [
  {
    name: 'tls.expired: a pinned leaf',
    expect: expect('tls.expired', ['clock']),
    start: (lab) => lab.relay({ faults: ['expired-cert'] }),
  },
  {
    name: 'tls.expired: the leaf of a trusted chain',
    expect: expect('tls.expired', ['renew', 'clock']),
    async start(lab) {
      const { root, middle, leaf } = await three({}, EXPIRED);
      return serve(lab, { leaf, sent: [middle], root });
    },
  },
  {
    name: 'tls.expired: an intermediate',
    expect: expect('tls.expired', ['chain', 'clock'], ['Lab Intermediate']),
    async start(lab) {
      const { root, middle, leaf } = await three(EXPIRED);
      return serve(lab, { leaf, sent: [middle], root });
    },
  },
  {
    name: 'tls.expired: an intermediate, over HTTP/2',
    expect: expect('tls.expired', ['chain', 'clock'], ['Lab Intermediate']),
    async start(lab) {
      const { root, middle, leaf } = await three(EXPIRED);
      return serve(lab, { leaf, sent: [middle], root }, { scheme: 'https', args: H2 });
    },
  },
  {
    name: 'tls.not-yet-valid: a pinned leaf',
    expect: expect('tls.not-yet-valid', ['clock']),
    start: (lab) => lab.relay({ faults: ['not-yet-valid-cert'], scheme: 'https' }),
  },
  {
    name: 'tls.not-yet-valid: an intermediate',
    expect: expect('tls.not-yet-valid', ['clock'], ['Lab Intermediate']),
    async start(lab) {
      const { root, middle, leaf } = await three(FUTURE);
      return serve(lab, { leaf, sent: [middle], root });
    },
  },
  {
    name: 'tls.wrong-host: another name',
    expect: expect('tls.wrong-host', ['--servername']),
    async start(lab) {
      const { root, middle, leaf } = await three({}, { hosts: ['elsewhere.example'] });
      return serve(lab, { leaf, sent: [middle], root });
    },
  },
  {
    name: 'tls.wrong-host: a wrong --servername',
    expect: expect('tls.wrong-host', ['localhost']),
    async start(lab) {
      const { root, middle, leaf } = await three();
      return serve(lab, { leaf, sent: [middle], root }, { scheme: 'https', args: ['--servername', 'other.example'] });
    },
  },
  {
    name: 'tls.self-signed: on raw QUIC',
    expect: expect('tls.self-signed', ['--cert-sha256']),
    start: (lab) => lab.relay({ trust: [] }),
  },
  {
    name: 'tls.self-signed: over HTTP/2',
    expect: expect('tls.self-signed', ['--cert-sha256']),
    start: (lab) => lab.relay({ trust: [], scheme: 'https', args: H2 }),
  },
  {
    name: 'tls.untrusted: an unknown root, which is sent along',
    expect: expect('tls.untrusted', ['--ca']),
    async start(lab) {
      const { root, middle, leaf } = await three();
      return serve(lab, { leaf, sent: [middle, root], root: await authority('Another Root') });
    },
  },
  {
    name: 'tls.untrusted: an unknown issuer of a lone leaf',
    expect: expect('tls.untrusted', ['--ca', 'intermediate']),
    async start(lab) {
      const { leaf } = await three();
      return serve(lab, { leaf, root: await authority('Another Root') }, { scheme: 'https' });
    },
  },
  {
    name: 'tls.incomplete-chain: a leaf that says where its issuer is',
    expect: expect('tls.incomplete-chain', ['Lab Intermediate']),
    async start(lab) {
      const { root, leaf } = await three({}, { issuerUrl: 'http://ca.example/intermediate.crt' });
      return serve(lab, { leaf, root });
    },
  },
  {
    name: 'tls.incomplete-chain: the same over HTTP/2',
    expect: expect('tls.incomplete-chain', ['Lab Intermediate']),
    async start(lab) {
      const { root, leaf } = await three({}, { issuerUrl: 'http://ca.example/intermediate.crt' });
      return serve(lab, { leaf, root }, { scheme: 'https', args: H2 });
    },
  },
  ...(['moqt', 'https'] as const).map((scheme) => ({
    name: `tls.pin-mismatch: a rotated certificate on ${scheme}`,
    expect: expect('tls.pin-mismatch', ['--cert-sha256']),
    start: (lab: Lab) => lab.relay({ scheme, trust: ['--cert-sha256', 'ab'.repeat(32)] }),
  })),
  {
    name: 'tls.client-certificate-required: on QUIC',
    expect: expect('tls.client-certificate-required', ['--cert']),
    start: (lab) => lab.relay({ faults: ['client-cert'] }),
  },
  {
    name: 'tls.client-certificate-required: below WebTransport',
    expect: expect('tls.client-certificate-required', ['--cert']),
    start: (lab) => lab.relay({ faults: ['client-cert'], scheme: 'https' }),
  },
  {
    name: 'tls.client-certificate-required: over HTTP/2',
    expect: expect('tls.client-certificate-required', ['--cert']),
    async start(lab) {
      const { certPem: cert, keyPem: key } = await selfSigned();
      const server = createSecureServer({ cert, key, requestCert: true, rejectUnauthorized: true, ca: cert });
      server.on('session', (session) => session.on('error', () => {}));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      lab.defer(() => server.close());
      const { port } = server.address() as { port: number };
      return { url: `https://127.0.0.1:${port}/`, args: [...H2, '--insecure'] };
    },
  },
  {
    name: 'tls.alert: handshake_failure',
    expect: expect('tls.alert', ['protocol', '--servername', '--cert'], ['handshake_failure']),
    start: (lab) => lab.relay({ faults: ['alert:40'] }),
  },
  {
    name: 'tls.alert: unrecognized_name',
    expect: expect('tls.alert', ['--servername'], ['unrecognized_name']),
    start: (lab) => lab.relay({ faults: ['alert:112'], scheme: 'https' }),
  },
];
