import type { Rejection } from './session.js';

/** Whether a rejection can mean that nobody publishes the track: peers name it differently, and some use codes of their own. */
export function mayMeanNotThere({ name, code }: Rejection, sentToken: boolean): boolean {
  if (name.endsWith('DOES_NOT_EXIST') || name === 'TIMEOUT') return true;
  // Cloudflare's relay says 4 for "not found" in every draft, which without a token cannot mean a malformed one; moq-dev's
  // codes look like HTTP's.
  return (!sentToken && name === 'MALFORMED_AUTH_TOKEN') || code === 404n;
}
