import { X509Certificate } from 'node:crypto';
import { parseCertificates } from '../../certs/pem.js';
import { systemRoots } from '../../certs/roots.js';
import { judgeChain, judgePins, matchesHost, trustError } from '../../certs/trust.js';
import { MoqtError } from '../../errors/moqt-error.js';
import type { ConnectOptions, Target } from '../transport.js';
import { hostPort, isIpLiteral } from './address.js';
import type { TlsMaterial } from './config.js';
import type { NativeConnection } from './native.js';

/** What a client believes, in the form that the parts of a handshake need. */
export interface TrustPolicy {
  readonly tls: TlsMaterial;
  /** The name sent as SNI and checked by the TLS library; null for IP literals, which SNI cannot carry (RFC 6066 §3). */
  readonly sni: string | null;
  /** Our part of the decision, once the handshake is done and before a session exists. */
  judge(native: NativeConnection): MoqtError | null;
  /** Why the TLS library refused the certificate that it leaves behind. */
  explain(native: NativeConnection): MoqtError;
}

export async function trustPolicy(target: Target, options: ConnectOptions): Promise<TrustPolicy> {
  const { verify } = options;
  // SNI knows no final dot (RFC 6066 §3).
  const host = (options.servername ?? target.host).replace(/\.$/, '');
  const peer = hostPort(target.host, target.port);
  const rootsPem = verify.kind === 'chain' ? (options.caPem ?? (await systemRoots({ env: process.env })).pem) : '';
  // A self-signed server certificate given as its own root is refused by the library unless it may sign others; then the
  // chain is judged here alone.
  const judgedHere = verify.kind === 'chain' && options.caPem !== undefined && hasLeafAnchor(options.caPem);
  const acceptAny = verify.kind !== 'chain' || judgedHere;
  return {
    tls: {
      caPem: acceptAny ? null : rootsPem,
      acceptAny,
      certPem: options.certPem,
      keyPem: options.keyPem,
    },
    sni: isIpLiteral(host) ? null : host,
    judge(native) {
      if (verify.kind === 'none') return null;
      const chain = readChain(native);
      if (verify.kind === 'pins') {
        const failure = judgePins(chain, verify.sha256);
        return failure === null ? null : trustError(failure, peer);
      }
      const [leaf] = chain;
      if (judgedHere) {
        const failure = judgeChain(chain, { host, rootsPem });
        return failure === null ? null : trustError(failure, peer);
      }
      // The library has checked the chain, and the name where SNI could carry it.
      if (leaf !== undefined && matchesHost(leaf, host)) return null;
      return explainChain(chain, host, rootsPem, peer);
    },
    explain: (native) => explainChain(readChain(native), host, rootsPem, peer),
  };
}

function hasLeafAnchor(caPem: string): boolean {
  return parseCertificates(caPem).some((certificate) => !certificate.ca);
}

/** Leaf first; a member that cannot be parsed ends the list. */
export function readChain(native: NativeConnection): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (const der of native.peerCertChain() ?? []) {
    try {
      chain.push(new X509Certificate(der));
    } catch {
      break;
    }
  }
  return chain;
}

function explainChain(chain: readonly X509Certificate[], host: string, rootsPem: string, peer: string): MoqtError {
  const failure = judgeChain(chain, { host, rootsPem });
  if (failure !== null) return trustError(failure, peer);
  return new MoqtError('MOQT_E_TLS', 'the TLS library refused the certificate for a reason that it does not tell', {
    stage: 'tls',
    cause: 'tls.untrusted',
    peer,
    hint: 'its key or signature may be too weak, or of a kind that TLS 1.3 does not take',
  });
}
