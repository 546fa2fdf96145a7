import type { X509Certificate } from 'node:crypto';
import { hasLeafAnchor } from '../certs/chain.js';
import { judge, judgeChain, trustError } from '../certs/trust.js';
import { MoqtError } from '../errors/moqt-error.js';
import { hostPort, isIpLiteral } from './address.js';
import type { ConnectOptions, Target } from './transport.js';

/** What a client believes of the server that it connects to, whatever carries the handshake. The rules are certs/trust.ts's. */
export interface TrustPolicy {
  /** DNS name or IP literal that the certificate must be for. */
  readonly host: string;
  /** The name sent as SNI; null for IP literals, which SNI cannot carry (RFC 6066 §3). */
  readonly sni: string | null;
  /**
   * Roots (PEM) that the TLS library checks the chain against, beside us; null when the decision is ours alone: pins, none,
   * and a self-signed server certificate given as its own root, which libraries refuse unless it may sign others.
   */
  readonly libraryRoots: string | null;
  /** Our decision on a chain, leaf first; null is trust. */
  judge(chain: readonly X509Certificate[]): MoqtError | null;
  /** The library refused a chain that `judge` finds nothing wrong with. `why` in the library's words, if it has any. */
  libraryRefusal(chain: readonly X509Certificate[], why?: string): MoqtError;
}

export function trustPolicy(target: Target, options: Pick<ConnectOptions, 'verify' | 'servername'>): TrustPolicy {
  const { verify } = options;
  // SNI knows no final dot (RFC 6066 §3).
  const host = (options.servername ?? target.host).replace(/\.$/, '');
  const peer = hostPort(target.host, target.port);
  return {
    host,
    sni: isIpLiteral(host) ? null : host,
    libraryRoots: verify.kind === 'chain' && !hasLeafAnchor(verify.rootsPem) ? verify.rootsPem : null,
    judge(chain) {
      const failure = judge(verify, chain, host);
      return failure === null ? null : trustError(failure, peer);
    },
    libraryRefusal(chain, why = 'for a reason that it does not tell') {
      // Libraries do not take an intermediate for the end of a path, even where it is trusted.
      const whole = verify.kind === 'chain' ? { host, rootsPem: verify.rootsPem, wholeOnly: true } : null;
      const failure = whole === null ? null : judgeChain(chain, whole);
      if (failure !== null) return trustError(failure, peer);
      return new MoqtError('MOQT_E_TLS', `the TLS library refused the certificate ${why}`, {
        stage: 'tls',
        cause: 'tls.untrusted',
        peer,
        hint: 'its key, its signature or its key usage may not do for TLS 1.3, or a CA above it limits the names or the length of its chains: moqt certs inspect URL shows it',
      });
    },
  };
}
