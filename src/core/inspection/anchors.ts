import type { X509Certificate } from 'node:crypto';
import { parseCertificates } from '../certs/pem.js';
import { systemRoots } from '../certs/roots.js';
import { judge, trustError, type Verify } from '../certs/trust.js';
import { MoqtError } from '../errors/moqt-error.js';
import type { TrustVerdict } from '../records/certificate-report.js';
import type { TrustSettings } from '../session/connect/connect-settings.js';
import { resolveTrust } from '../session/connect/connect-trust.js';

/** Something that a chain is held against. */
interface Anchor {
  readonly against: TrustVerdict['against'];
  readonly source: string | null;
  readonly verify: Verify;
}

/** What chains are held against, read and checked before a packet is sent. */
export interface Anchors {
  /** The one that other commands would go by comes first; after it, for information, the system's roots. */
  readonly list: readonly Anchor[];
  /** False with --insecure: then nothing decides. */
  readonly decides: boolean;
  /** Of the one that decides, or for want of it the system's. */
  readonly roots: readonly X509Certificate[];
  readonly servername: string | undefined;
  readonly certPem: string | undefined;
  readonly keyPem: string | undefined;
  /** What a person should be told, for example of roots that could not be read. */
  readonly warnings: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads roots, pins and the client's identity. Throws MOQT_E_TLS, MOQT_E_USAGE and MOQT_E_LOCAL_IO. */
export async function readAnchors(settings: TrustSettings, env: Env): Promise<Anchors> {
  const { verify, roots, warnings, ...identity } = await resolveTrust(settings, env);
  const list: Anchor[] = [];
  const told = warnings.filter(({ kind }) => kind === 'roots').map(({ message }) => message);
  const ownCa = settings.caFile !== undefined || settings.caPem !== undefined;
  if (verify.kind === 'pins') list.push({ against: 'pin', source: null, verify });
  if (verify.kind === 'chain') list.push({ against: ownCa ? 'ca' : 'system', source: roots, verify });
  if (!list.some(({ against }) => against === 'system')) {
    try {
      const { pem, source, warnings: more } = await systemRoots({ env });
      list.push({ against: 'system', source, verify: { kind: 'chain', rootsPem: pem } });
      told.push(...more);
    } catch (error) {
      // They decide nothing here.
      if (!(error instanceof MoqtError)) throw error;
      told.push(error.message);
    }
  }
  const first = list.map((anchor) => anchor.verify).find((one) => one.kind === 'chain');
  return {
    list,
    decides: verify.kind !== 'none',
    roots: first?.kind === 'chain' ? parseCertificates(first.rootsPem) : [],
    warnings: told,
    ...identity,
  };
}

/** How a chain, leaf first, stands to each anchor. Judged as every command that connects judges it. */
export function verdictsOn(chain: readonly X509Certificate[], anchors: Anchors, host: string): TrustVerdict[] {
  return anchors.list.map(({ against, source, verify }) => {
    const failure = judge(verify, chain, host);
    if (failure === null) return { against, source, ok: true, cause: null, message: null, hint: null };
    const { message, hint = null, reason = null } = trustError(failure);
    return { against, source, ok: false, cause: reason, message, hint };
  });
}
