import type { RequestError, RequestOk, RequestUpdate } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { Refusal } from '../session.js';
import type { SessionCore } from '../session-core.js';
import { refusalMessage } from './rejection.js';

/** The answer to a REQUEST_UPDATE; null where the draft has none (14). */
export function updateAnswer(
  core: SessionCore,
  update: RequestUpdate,
  refusal: Refusal | null,
  parameters: Parameters = {},
): RequestOk | RequestError | null {
  const { features } = core.profile;
  if (!features.updateIsAnswered) return null;
  // On a shared control stream the answer names the update, not the request that it updates.
  const id = features.requests === 'muxed-control' ? { requestId: update.requestId } : {};
  return refusal === null
    ? { type: 'REQUEST_OK', ...id, request: 'REQUEST_UPDATE', parameters }
    : { ...refusalMessage(core, 'REQUEST_UPDATE', refusal), ...id };
}
