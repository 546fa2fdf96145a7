import { MoqtError } from '../errors/moqt-error.js';
import { closeSpace } from './codes.js';
import type { SessionCloseInfo } from './session.js';
import type { SessionCore } from './session-core.js';

/** Why a session ended before it began, in the words of the command line. */
export function setupError(core: SessionCore, close: SessionCloseInfo): MoqtError {
  const code = `${close.name} (0x${close.code.toString(16)})`;
  const reason = close.reason === '' ? '' : `: ${close.reason}`;
  const wire = { space: closeSpace(close), code: close.code, name: close.name };
  const details = { stage: 'setup', cause: `setup.${close.name.toLowerCase()}`, wire } as const;
  if (close.by === 'idle') return new MoqtError('MOQT_E_TIMEOUT', 'the peer went silent during SETUP', details);
  if (close.by === 'local' && close.name === 'INTERNAL_ERROR')
    return new MoqtError('MOQT_E_BUG', close.reason, details);
  const who = close.by === 'local' ? 'the peer broke the protocol' : 'the peer closed the session';
  const message = `${who} during SETUP: ${code}${reason}`;
  if (close.name === 'UNAUTHORIZED' || close.name.endsWith('_AUTH_TOKEN')) {
    return new MoqtError('MOQT_E_UNAUTHORIZED', message, details);
  }
  if (close.name === 'VERSION_NEGOTIATION_FAILED') {
    return new MoqtError('MOQT_E_VERSION', `${message} (offered: draft ${core.profile.draft})`, details);
  }
  // Nobody broke a rule: this is how a relay turns a session away that it has no place for.
  if (close.by === 'peer' && close.isApplication && (close.name === 'NO_ERROR' || close.name === 'INTERNAL_ERROR')) {
    return new MoqtError('MOQT_E_REJECTED', message, details);
  }
  return new MoqtError('MOQT_E_PROTOCOL', message, details);
}
