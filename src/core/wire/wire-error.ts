/** Session close codes by their names in the drafts; the numbers are in each draft's code table. */
export type SessionErrorName =
  | 'NO_ERROR'
  | 'INTERNAL_ERROR'
  | 'UNAUTHORIZED'
  | 'PROTOCOL_VIOLATION'
  | 'INVALID_REQUEST_ID'
  | 'DUPLICATE_TRACK_ALIAS'
  | 'KEY_VALUE_FORMATTING_ERROR'
  | 'TOO_MANY_REQUESTS'
  | 'INVALID_PATH'
  | 'MALFORMED_PATH'
  | 'GOAWAY_TIMEOUT'
  | 'CONTROL_MESSAGE_TIMEOUT'
  | 'DATA_STREAM_TIMEOUT'
  | 'AUTH_TOKEN_CACHE_OVERFLOW'
  | 'DUPLICATE_AUTH_TOKEN_ALIAS'
  | 'VERSION_NEGOTIATION_FAILED'
  | 'MALFORMED_AUTH_TOKEN'
  | 'UNKNOWN_AUTH_TOKEN_ALIAS'
  | 'EXPIRED_AUTH_TOKEN'
  | 'INVALID_AUTHORITY'
  | 'MALFORMED_AUTHORITY';

/** What a decoder throws: the session must be closed with `closeWith`, unless only more bytes are needed. */
export class WireError extends Error {
  override readonly name = 'WireError';
  /** The input ended before the value did: more bytes could complete it. */
  readonly incomplete: boolean;
  readonly closeWith: SessionErrorName;

  constructor(message: string, options: { closeWith?: SessionErrorName; incomplete?: boolean } = {}) {
    super(message);
    this.closeWith = options.closeWith ?? 'PROTOCOL_VIOLATION';
    this.incomplete = options.incomplete ?? false;
  }
}

/** What an encoder throws: the value does not fit this draft's wire format. Nothing was written. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
}
