import { MoqtError } from '../errors/moqt-error.js';
import type { SessionClosed } from '../transport/transport-errors.js';
import { escapeText } from '../util/escape.js';
import type { DraftProfile } from '../wire/profile.js';

/** What a session that ended before its SETUP was exchanged is to those who wanted it. */
export function closedBeforeSetup(closed: SessionClosed, profile: DraftProfile, peer: string): MoqtError {
  const { by, code, reason, isApplication } = closed.info;
  const options = { stage: 'setup', peer, origin: closed } as const;
  if (by === 'idle') return new MoqtError('MOQT_E_TIMEOUT', 'the connection went silent before SETUP', options);
  const name = profile.codes('session').name(code) ?? `0x${code.toString(16)}`;
  const words = reason === '' ? name : `${name}: ${escapeText(reason, { maxLength: 200 })}`;
  return new MoqtError('MOQT_E_PROTOCOL', `the session ended before SETUP: ${words}`, {
    ...options,
    ...(isApplication ? { wire: { space: 'session', code, name } } : {}),
  });
}
