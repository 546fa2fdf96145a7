import { EXIT } from '../errors/exit-codes.js';
import { MoqtError } from '../errors/moqt-error.js';
import type { Rejection } from './session.js';

/** The peer answered a request with an error. */
export class RequestRejected extends MoqtError {
  override readonly name = 'RequestRejected';
  constructor(
    readonly rejection: Rejection,
    options: { stage: MoqtError['stage']; hint?: string; peer?: string },
  ) {
    const { request, name, code, reason } = rejection;
    const unauthorized = name === 'UNAUTHORIZED' || name.endsWith('_AUTH_TOKEN') || name.endsWith('_AUTH_TOKEN_ALIAS');
    super(
      unauthorized ? 'MOQT_E_UNAUTHORIZED' : 'MOQT_E_REJECTED',
      `${request} refused: ${name} (0x${code.toString(16)})${reason ? `: ${reason}` : ''}`,
      {
        stage: options.stage,
        hint: options.hint,
        peer: options.peer,
        cause: `request.${name.toLowerCase()}`,
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
