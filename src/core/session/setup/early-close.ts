import type { MoqtError } from '../../errors/moqt-error.js';
import type { TransportSession } from '../../transport/transport.js';
import type { SessionClosed } from '../../transport/transport-errors.js';
import type { DraftProfile } from '../../wire/profile.js';
import { nameClose } from '../codes.js';
import { closedDuringSetup } from './setup-error.js';

/** What a session that ended before its SETUP was exchanged is to those who wanted it. */
export function closedBeforeSetup(
  closed: SessionClosed,
  profile: DraftProfile,
  { kind, protocol }: Pick<TransportSession, 'kind' | 'protocol'>,
  peer: string,
): MoqtError {
  return closedDuringSetup(nameClose(closed.info, profile, kind), { draft: profile.draft, protocol, peer });
}
