import { namesByNumber } from './code-table.js';

/** The statuses that an answer to a WebTransport CONNECT can have, by the reason phrases of RFC 9110 and its companions. */
export const HTTP_STATUSES = {
  OK: 200,
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  PROXY_AUTHENTICATION_REQUIRED: 407,
  REQUEST_TIMEOUT: 408,
  CONFLICT: 409,
  GONE: 410,
  CONTENT_TOO_LARGE: 413,
  URI_TOO_LONG: 414,
  MISDIRECTED_REQUEST: 421,
  TOO_EARLY: 425,
  UPGRADE_REQUIRED: 426,
  TOO_MANY_REQUESTS: 429,
  REQUEST_HEADER_FIELDS_TOO_LARGE: 431,
  INTERNAL_SERVER_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  BAD_GATEWAY: 502,
  SERVICE_UNAVAILABLE: 503,
  GATEWAY_TIMEOUT: 504,
  HTTP_VERSION_NOT_SUPPORTED: 505,
} as const;

const NAMES: ReadonlyMap<number, string> = namesByNumber(HTTP_STATUSES);

/** `NOT_FOUND` for 404; undefined for a status that is not among those that matter here. */
export function httpStatusName(status: number): string | undefined {
  return NAMES.get(status);
}
