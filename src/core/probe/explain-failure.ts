import type { ConnectPlan } from '../session/connect/connect-plan.js';
import type { Experiments } from './experiments/experiments.js';
import type { OtherFamily } from './experiments/other-family.js';
import type { SingleOffer } from './experiments/single-offers.js';
import type { TcpAnswer } from './experiments/tcp.js';
import type { Verdict } from './probe-options.js';

/** The verdict on a failure, after the experiments that separate its explanations. */
export async function explainFailure(verdict: Verdict, plan: ConnectPlan, lab: Experiments): Promise<Verdict> {
  switch (verdict.cause) {
    case 'udp.refused':
      return udpRefused(verdict, plan, lab);
    case 'udp.no-answer':
      return udpNoAnswer(verdict, lab);
    case 'network.unreachable':
      return unreachable(verdict, lab);
    case 'quic.timeout':
      return quicTimeout(verdict, lab);
    case 'alpn.none':
      return plan.transport === 'webtransport-h2' ? verdict : alpnNone(verdict, plan, lab);
    case 'tls.alert':
      return plan.transport === 'webtransport-h2' ? verdict : handshakeFailure(verdict, plan, lab);
    default:
      return verdict;
  }
}

async function udpRefused(verdict: Verdict, plan: ConnectPlan, lab: Experiments): Promise<Verdict> {
  const [tcp, family] = await Promise.all([lab.tcp(lab.budgetMs), familyHint(lab)]);
  const http2 = tcp === 'accepts' ? await lab.http2(lab.budgetMs) : 'TCP does not connect';
  const { port } = plan.url;
  const hints: Readonly<Record<TcpAnswer, string>> = {
    accepts: `TCP answers on port ${port}: it is a TCP-only server there; ${http2 === null ? '--transport webtransport-h2 works here' : "try --transport webtransport-h2, or the relay's UDP port"}`,
    refuses: `TCP is refused on port ${port} too: the host is up, and the relay is not running there; check the port`,
    silent: `TCP on port ${port} stays silent: check the port, and whether the relay is running`,
    unreachable: `TCP has no way there either: check the address and the port ${port}`,
  };
  return { ...verdict, hint: join(hints[tcp], family) };
}

async function udpNoAnswer(verdict: Verdict, lab: Experiments): Promise<Verdict> {
  const [tcp, packets] = await Promise.all([lab.tcp(lab.budgetMs), lab.fullSize(lab.budgetMs)]);
  if (packets === 'vanishes') {
    return mtu(verdict, 'not one packet of the handshake came back, and the server answers small ones');
  }
  if (packets === 'passes') {
    return {
      ...verdict,
      message: `${verdict.message}; but a QUIC server is there: it answers version negotiation`,
      hint: join(
        'the server leaves our handshake without an answer: it is overloaded, blocks this address, or a middlebox drops what names this host (SNI); see its log',
        await familyHint(lab),
      ),
    };
  }
  const http2 = tcp === 'accepts' ? await lab.http2(lab.budgetMs) : 'TCP does not connect';
  const family = await familyHint(lab);
  const hints: Readonly<Record<TcpAnswer, string>> = {
    accepts:
      'TCP connects on that port, so the host is up: a firewall drops UDP, or nothing of the server listens on UDP; ' +
      (http2 === null
        ? '--transport webtransport-h2 works here'
        : 'try --transport webtransport-h2, and open UDP on the way'),
    refuses:
      'TCP is refused on that port, so the host is up: a firewall drops UDP on the way, or the port is wrong; check the port, and open UDP for it',
    silent:
      'TCP is silent on that port too: the host is down, its address is wrong, or a firewall drops everything for it; check host and port, or try --transport webtransport-h2 on another port',
    unreachable:
      'TCP has no way there either: the host is down or its address is wrong, or there is no route; check host and port',
  };
  return { ...verdict, hint: join(hints[tcp], family) };
}

async function unreachable(verdict: Verdict, lab: Experiments): Promise<Verdict> {
  const other = await lab.otherFamily(lab.budgetMs);
  if (other === null) return verdict;
  const isSilent = !other.answers && other.address !== null;
  const found = isSilent
    ? `but over IPv${other.family} ${other.address} does not answer either: does the relay run?`
    : familyText(other);
  return { ...verdict, hint: join(verdict.hint ?? 'check the route', found) };
}

async function quicTimeout(verdict: Verdict, lab: Experiments): Promise<Verdict> {
  if ((await lab.fullSize(lab.budgetMs)) !== 'vanishes') return verdict;
  return mtu(verdict, verdict.message);
}

function mtu(verdict: Verdict, what: string): Verdict {
  return {
    ...verdict,
    cause: 'quic.mtu',
    message: `${what}: packets of 1200 bytes pass, full-size ones vanish`,
    hint: 'the path MTU is too small for the packets of this connection: 1200 bytes passed; look for a tunnel or VPN on the way, and lower the MTU at its ends, or let the server begin with smaller packets',
  };
}

async function alpnNone(verdict: Verdict, plan: ConnectPlan, lab: Experiments): Promise<Verdict> {
  const offers = await lab.singleOffers(lab.budgetMs);
  return judgeOffers(verdict, plan, offers);
}

/** A server may say handshake_failure where RFC 7301 has an alert of its own: no protocol in common. */
async function handshakeFailure(verdict: Verdict, plan: ConnectPlan, lab: Experiments): Promise<Verdict> {
  if (verdict.detail?.codeName !== 'handshake_failure') return verdict;
  const offers = await lab.singleOffers(lab.budgetMs);
  if (offers.some(({ works }) => works)) {
    const offered = plan.transport === 'quic' ? plan.protocols.join(', ') : 'h3';
    const message = `the server speaks none of the protocols offered: ${offered} (it says handshake_failure)`;
    return judgeOffers({ ...verdict, cause: 'alpn.none', message }, plan, offers);
  }
  const tried = offers.map(({ alpn }) => alpn).join(', ');
  return {
    ...verdict,
    hint: `no protocol in common, as far as ${tried} were tried alone; or no cipher or key type, a name that the server does not know (--servername), or a client certificate that it wants (--cert, --key): see its log`,
    detail: { ...verdict.detail, accepted: [] },
  };
}

/** What the single offers say of a list that was refused. */
export function judgeOffers(verdict: Verdict, plan: ConnectPlan, offers: readonly SingleOffer[]): Verdict {
  const working = offers.filter(({ works }) => works);
  const detail = { ...verdict.detail, accepted: working.map(({ alpn }) => alpn) };
  const drafts = working.flatMap(({ draft }) => draft ?? []);
  const offered = plan.transport === 'quic' ? plan.protocols.join(', ') : 'h3';
  const first = working.find(({ wasOffered, draft }) => wasOffered && draft !== null);
  if (first !== undefined) {
    return {
      cause: 'alpn.first-only',
      message: `the relay refuses the list ${offered}, and accepts ${working.map(({ alpn }) => alpn).join(', ')} when offered alone`,
      hint: `it looks only at the first protocol of the list: use --draft ${first.draft}`,
      detail,
    };
  }
  const hints = [
    ...(drafts.length > 0
      ? [
          `offered alone it accepts ${drafts.map((draft) => `draft ${draft}`).join(', ')}: use ${plan.transport === 'quic' ? '' : 'moqt:// with '}--draft ${drafts[0]}`,
        ]
      : []),
    ...(plan.transport === 'quic' && working.some(({ draft }) => draft === null)
      ? ['it accepts h3: it serves WebTransport, use https:// instead of moqt://']
      : []),
  ];
  const tried = offers.map(({ alpn }) => alpn).join(', ');
  const none = `offered was ${offered}; each of ${tried} alone was refused too: the server speaks no draft that is supported here, or another service uses the port`;
  return { ...verdict, hint: hints.length > 0 ? hints.join('; ') : none, detail };
}

async function familyHint(lab: Experiments): Promise<string | null> {
  const other = await lab.otherFamily(lab.budgetMs);
  return other === null ? null : familyText(other);
}

function familyText(other: OtherFamily): string {
  if (other.answers) return `over IPv${other.family} (${other.address}) it answers: leave out -4, -6 and --bind`;
  return `IPv${other.family} does not help: ${other.address === null ? 'there is no way over it' : `${other.address} does not answer`}`;
}

function join(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null).join('; ');
}
