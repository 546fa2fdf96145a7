import type { Cause } from '../errors/causes.js';
import { EXIT } from '../errors/exit-codes.js';
import { MoqtError, type Stage } from '../errors/moqt-error.js';
import type { DraftProfile } from '../wire/profile.js';
import { EncodeError } from '../wire/wire-error.js';
import { isCredentialCode } from './codes.js';
import type { Refusal, Rejection } from './session.js';

/** Names of the codes that say that a track is not there, in all drafts. */
const NOT_THERE: ReadonlySet<string> = new Set(['DOES_NOT_EXIST', 'TRACK_DOES_NOT_EXIST']);
/** Requests for one track. */
const TRACK_REQUESTS: ReadonlySet<string> = new Set(['SUBSCRIBE', 'FETCH', 'TRACK_STATUS']);

/** What an error reply is to the diagnosis; the code itself is beside it. */
function rejectionCause({ request, name }: Rejection): Cause {
  if (isCredentialCode(name)) return 'request.unauthorized';
  if (name === 'NOT_SUPPORTED') return 'request.not-supported';
  if (name === 'REDIRECT') return 'request.redirected';
  return NOT_THERE.has(name) && TRACK_REQUESTS.has(request) ? 'track.not-found' : 'request.rejected';
}

/** The peer answered a request with an error. */
export class RequestRejected extends MoqtError {
  override readonly name = 'RequestRejected';
  constructor(
    readonly rejection: Rejection,
    options: { stage: MoqtError['stage']; hint?: string; peer?: string },
  ) {
    const { request, name, code, reason } = rejection;
    const unauthorized = isCredentialCode(name);
    super(
      unauthorized ? 'MOQT_E_UNAUTHORIZED' : 'MOQT_E_REJECTED',
      `${request} refused: ${name} (0x${code.toString(16)})${reason ? `: ${reason}` : ''}`,
      {
        stage: options.stage,
        hint: options.hint,
        peer: options.peer,
        cause: rejectionCause(rejection),
        wire: { space: 'request-error', code, name },
        exitCode: unauthorized ? EXIT.unauthorized : EXIT.rejected,
      },
    );
  }
}

/** The request that the operation belonged to was cancelled, by either side. */
export class RequestCancelled extends Error {
  override readonly name = 'RequestCancelled';
}

/** Thrown by a handler to refuse what it was called for, such as an update. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  constructor(readonly refusal: Refusal) {
    super(`${refusal.name}: ${refusal.reason}`);
  }
}

/** Turns what this draft cannot express into an error for the user; every other outcome passes through. */
export async function encodable<T>(stage: Stage, profile: DraftProfile, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    throw encodeFailure(stage, profile, error);
  }
}

/** The error for a value that has no place on the wire of this draft. */
export function encodeFailure(stage: Stage, profile: DraftProfile, error: EncodeError): MoqtError {
  return new MoqtError('MOQT_E_ENCODE', `draft ${profile.draft}: ${error.message}`, {
    stage,
    cause: 'encode.no_place',
    origin: error,
  });
}
