import type { X509Certificate } from 'node:crypto';
import { readChain } from '../../../certs/chain.js';
import { matchesHost } from '../../../certs/trust.js';
import type { MoqtError } from '../../../errors/moqt-error.js';
import type { ConnectOptions, Target } from '../../transport.js';
import { trustPolicy } from '../../trust-policy.js';
import type { TlsMaterial } from '../config.js';
import type { NativeConnection } from '../native.js';

/** What a client believes, in the form that the parts of a handshake need. */
export interface HandshakeTrust {
  readonly tls: TlsMaterial;
  /** The name sent as SNI and checked by the TLS library; null for IP literals, which SNI cannot carry (RFC 6066 §3). */
  readonly sni: string | null;
  /** Our part of the decision, once the handshake is done and before a session exists. */
  judge(native: NativeConnection): MoqtError | null;
  /** What is wrong with the certificates that came, if any did; null when it is nothing that we know of. */
  fault(native: NativeConnection): MoqtError | null;
  /** Why the TLS library refused the certificate that it leaves behind. */
  explain(native: NativeConnection): MoqtError;
}

/** Divides the check of the server's certificate between the TLS library and ours. */
export function handshakeTrust(target: Target, options: ConnectOptions): HandshakeTrust {
  const policy = trustPolicy(target, options);
  const { host, sni, libraryRoots } = policy;
  const chainOf = (native: NativeConnection): X509Certificate[] => readChain(native.peerCertChain() ?? []);
  const judged = (native: NativeConnection): MoqtError | null => policy.judge(chainOf(native));
  const explain = (native: NativeConnection): MoqtError => judged(native) ?? policy.libraryRefusal(chainOf(native));
  return {
    tls: {
      caPem: libraryRoots,
      acceptAny: libraryRoots === null,
      certPem: options.certPem,
      keyPem: options.keyPem,
    },
    sni,
    judge(native) {
      if (libraryRoots === null) return judged(native);
      // The library has checked the chain, and the name where SNI could carry it.
      const [leaf] = chainOf(native);
      return leaf !== undefined && matchesHost(leaf, host) ? null : explain(native);
    },
    fault: (native) => (chainOf(native).length === 0 ? null : judged(native)),
    explain,
  };
}
