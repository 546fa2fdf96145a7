import { hasLeafAnchor, readChain } from '../../certs/chain.js';
import { judge, matchesHost, trustError } from '../../certs/trust.js';
import { MoqtError } from '../../errors/moqt-error.js';
import type { ConnectOptions, Target } from '../transport.js';
import { hostPort, isIpLiteral } from './address.js';
import type { TlsMaterial } from './config.js';
import type { NativeConnection } from './native.js';

/** What a client believes, in the form that the parts of a handshake need. The rules are those of certs/trust.ts. */
export interface HandshakeTrust {
  readonly tls: TlsMaterial;
  /** The name sent as SNI and checked by the TLS library; null for IP literals, which SNI cannot carry (RFC 6066 §3). */
  readonly sni: string | null;
  /** Our part of the decision, once the handshake is done and before a session exists. */
  judge(native: NativeConnection): MoqtError | null;
  /** Why the TLS library refused the certificate that it leaves behind. */
  explain(native: NativeConnection): MoqtError;
}

/** Divides the check of the server's certificate between the TLS library and ours. */
export function handshakeTrust(target: Target, options: ConnectOptions): HandshakeTrust {
  const { verify } = options;
  // SNI knows no final dot (RFC 6066 §3).
  const host = (options.servername ?? target.host).replace(/\.$/, '');
  const peer = hostPort(target.host, target.port);
  // A self-signed server certificate given as its own root is refused by the library unless it may sign others; then the
  // chain is judged here alone.
  const libraryRoots = verify.kind === 'chain' && !hasLeafAnchor(verify.rootsPem) ? verify.rootsPem : null;
  const judged = (native: NativeConnection): MoqtError | null => {
    const failure = judge(verify, readChain(native.peerCertChain() ?? []), host);
    return failure === null ? null : trustError(failure, peer);
  };
  const explain = (native: NativeConnection): MoqtError => judged(native) ?? refusedByLibrary(peer);
  return {
    tls: {
      caPem: libraryRoots,
      acceptAny: libraryRoots === null,
      certPem: options.certPem,
      keyPem: options.keyPem,
    },
    sni: isIpLiteral(host) ? null : host,
    judge(native) {
      if (libraryRoots === null) return judged(native);
      // The library has checked the chain, and the name where SNI could carry it.
      const [leaf] = readChain(native.peerCertChain() ?? []);
      return leaf !== undefined && matchesHost(leaf, host) ? null : explain(native);
    },
    explain,
  };
}

function refusedByLibrary(peer: string): MoqtError {
  return new MoqtError('MOQT_E_TLS', 'the TLS library refused the certificate for a reason that it does not tell', {
    stage: 'tls',
    cause: 'tls.untrusted',
    peer,
    hint: 'its key or signature may be too weak, or of a kind that TLS 1.3 does not take',
  });
}
