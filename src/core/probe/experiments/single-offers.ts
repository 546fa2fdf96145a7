import { MoqtError } from '../../errors/moqt-error.js';
import type { ConnectPlan } from '../../session/connect/connect-plan.js';
import { quicTransport } from '../../transport/quic/client/connect.js';
import { PROFILES } from '../../wire/drafts/index.js';

/** HTTP/3, under WebTransport. */
export const H3 = 'h3';
/** Closing a connection that was only an experiment must not hold up the verdict, ms. */
const LEAVE_MS = 50;

/** One ALPN, offered alone. */
export interface SingleOffer {
  /** `draft-18`, `h3`. */
  readonly name: string;
  readonly alpn: string;
  /** The draft that it stands for; null for HTTP/3. */
  readonly draft: string | null;
  /** It was in the list that was refused. */
  readonly wasOffered: boolean;
  readonly works: boolean;
  readonly outcome: string;
  readonly durationMs: number;
}

export interface OfferOptions {
  readonly address: string;
  readonly bind: string | undefined;
  readonly servername: string | undefined;
  readonly certPem: string | undefined;
  readonly keyPem: string | undefined;
  /** ms. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Offers every draft that is supported here, and HTTP/3, each on a connection of its own: which are taken alone. */
export async function singleOffers(plan: ConnectPlan, options: OfferOptions): Promise<SingleOffer[]> {
  const candidates = [
    ...PROFILES.map(({ draft, alpn }) => ({ name: `draft-${draft}`, alpn, draft })),
    { name: H3, alpn: H3, draft: null },
  ];
  const refused = plan.transport === 'quic' ? plan.protocols : [H3];
  // A list of one has been offered alone already.
  const open = candidates.filter(({ alpn }) => refused.length > 1 || alpn !== refused[0]);
  return Promise.all(
    open.map(async (candidate) => {
      const start = performance.now();
      const outcome = await tryAlpn(plan, candidate.alpn, options);
      return {
        ...candidate,
        wasOffered: refused.includes(candidate.alpn),
        works: outcome === null,
        outcome: outcome ?? 'accepted',
        durationMs: performance.now() - start,
      };
    }),
  );
}

/** Null when it is accepted, else what happened. Nothing is sent beyond the handshake, so nobody need be trusted. */
async function tryAlpn({ url }: ConnectPlan, alpn: string, options: OfferOptions): Promise<string | null> {
  const { address, bind, servername, certPem, keyPem, limitMs, signal } = options;
  try {
    const session = await quicTransport.connect(
      { host: url.host, port: url.port, path: '' },
      {
        alpn: [alpn],
        verify: { kind: 'none' },
        resolve: new Map([[`${url.host}:${url.port}`, [address]]]),
        servername,
        certPem,
        keyPem,
        bind,
        connectTimeoutMs: limitMs,
        idleTimeoutMs: limitMs,
        signal,
      },
    );
    await session.close(0n, '', LEAVE_MS);
    return null;
  } catch (error) {
    if (signal.aborted || !(error instanceof MoqtError)) throw error;
    return error.reason === 'alpn.none' ? 'refused' : error.message;
  }
}
