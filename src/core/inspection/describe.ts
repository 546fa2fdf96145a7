import type { X509Certificate } from 'node:crypto';
import { issuerAddress } from '../certs/chain.js';
import { certificateDetails, distinguishedName } from '../certs/details.js';
import { chainPath } from '../certs/path.js';
import { pinForms } from '../certs/pin-forms.js';
import { pinningObstacles } from '../certs/pinnable.js';
import { certificateSha256, matchesHost } from '../certs/trust.js';
import { MoqtError } from '../errors/moqt-error.js';
import type { CertificateCarrier, CertificateReading } from '../records/certificate-report.js';
import { type Anchors, verdictsOn } from './anchors.js';

/** A chain and where it came from. */
export interface SeenChain {
  readonly over: CertificateCarrier;
  readonly address: string | null;
  readonly protocol: string;
  /** Leaf first. */
  readonly chain: readonly X509Certificate[];
  /** Name that the leaf must be for; null for files, when none is given. */
  readonly host: string | null;
}

/** Everything that is to be said of a chain. `now` in epoch ms. Throws MOQT_E_TLS when there is no certificate in it. */
export async function describeChain(seen: SeenChain, anchors: Anchors, now: number): Promise<CertificateReading> {
  const { over, address, protocol, chain, host } = seen;
  const leaf = chain[0];
  if (leaf === undefined) {
    throw new MoqtError('MOQT_E_TLS', 'the server sent no certificate', { stage: 'tls', cause: 'tls.untrusted' });
  }
  const details = await Promise.all(chain.map((certificate) => certificateDetails(certificate, now)));
  const { members, isComplete } = chainPath(chain, anchors.roots);
  const last = members.at(-1) as X509Certificate;
  const first = members.reduce((a, b) => (Date.parse(b.validTo) < Date.parse(a.validTo) ? b : a));
  const obstacles = pinningObstacles(leaf, now);
  // Without a name to hold it against, a name of its own: what remains to be judged is the chain.
  const verdicts = verdictsOn(chain, anchors, host ?? nameOf(details[0]?.names ?? []));
  return {
    ok: true,
    over,
    address,
    protocol,
    chain: details,
    pin: pinForms(certificateSha256(leaf)),
    pinnable: obstacles.length === 0,
    notPinnableBecause: obstacles,
    host: host === null ? null : { name: host, matches: matchesHost(leaf, host) },
    verdicts,
    trusted: anchors.decides ? (verdicts[0]?.ok ?? null) : null,
    missingIssuer: isComplete ? null : { name: distinguishedName(last.issuer), url: issuerAddress(last) },
    firstToExpire: {
      subject: distinguishedName(first.subject),
      notAfter: new Date(first.validTo).toISOString(),
      remainingSeconds: Math.floor((Date.parse(first.validTo) - now) / 1000),
    },
  };
}

function nameOf(names: readonly string[]): string {
  return (names[0] ?? 'localhost').replace(/^\*\./, 'any.');
}
