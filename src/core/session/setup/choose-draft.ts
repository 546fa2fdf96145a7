import { MoqtError } from '../../errors/moqt-error.js';
import { escapeText } from '../../util/escape.js';
import type { DraftProfile } from '../../wire/profile.js';
import type { ConnectPlan } from '../connect/connect-plan.js';
import type { ConnectWarning } from '../connect/connect-settings.js';

/**
 * The draft that the transport's handshake settled, from what the peer chose: the ALPN on raw QUIC, `WT-Protocol` on
 * WebTransport. A WebTransport server may answer without one: drafts up to 14 negotiate inside SETUP, and some relays
 * never say (draft-18 §3.1.3).
 */
export function chooseDraft(
  plan: Pick<ConnectPlan, 'profiles' | 'transport' | 'peer'>,
  protocol: string,
): { profile: DraftProfile; warning: ConnectWarning | null } {
  const { profiles, transport, peer } = plan;
  const offered = profiles.map(({ draft }) => draft).join(', ');
  const nameOf = (profile: DraftProfile): string | null =>
    transport === 'quic' ? profile.alpn : profile.webtransportProtocol;
  if (protocol !== '') {
    const profile = profiles.find((one) => nameOf(one) === protocol);
    if (profile !== undefined) return { profile, warning: null };
    const shown = escapeText(protocol, { maxLength: 80 });
    throw noCommonDraft(`the peer chose "${shown}", which was not offered (drafts ${offered})`, peer);
  }
  if (transport === 'quic') throw noCommonDraft('the peer chose no application protocol (ALPN)', peer);

  const only = profiles.length === 1 ? profiles[0] : undefined;
  const profile = only ?? profiles.find(({ features }) => features.inBandVersions);
  if (profile === undefined) {
    throw noCommonDraft(`the peer answered without WT-Protocol, so it speaks none of the drafts ${offered}`, peer);
  }
  if (profile.webtransportProtocol === null && only !== undefined) return { profile, warning: null };
  const reason = only === undefined ? 'the one that is negotiated without it' : 'the only one offered';
  const message = `the peer answered without WT-Protocol: assuming draft ${profile.draft}, ${reason}`;
  return { profile, warning: { kind: 'draft-assumed', message } };
}

function noCommonDraft(message: string, peer: string): MoqtError {
  return new MoqtError('MOQT_E_VERSION', message, {
    stage: 'alpn',
    cause: 'protocol.mismatch',
    peer,
    hint: 'offer other drafts with --draft, one at a time to see which the peer takes',
  });
}
