import { MoqtError } from '../../errors/moqt-error.js';
import { parseDuration } from '../../util/duration.js';
import { PROFILES } from '../../wire/drafts/index.js';
import type { CodeSpace } from '../../wire/profile.js';
import { isCode } from './codes.js';

/** The argument of a fault is not of its form; the message says what is expected. */
export class FaultFormError extends Error {
  override readonly name = 'FaultFormError';
}

/** `1%`, `0.5%` as a share of 1; above 0, at most 100. */
export function percent(text: string | undefined): number {
  const match = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text ?? '');
  const value = match === null ? Number.NaN : Number(match[1]);
  if (!(value > 0 && value <= 100)) throw new FaultFormError('expected a share above 0% and up to 100%, such as 1%');
  return value / 100;
}

/** In ms. */
export function duration(text: string | undefined): number {
  try {
    return parseDuration(text ?? '');
  } catch (error) {
    throw new FaultFormError(error instanceof MoqtError ? `expected ${error.hint}` : String(error));
  }
}

/** A whole number, decimal or 0x…, within bounds. */
export function count(text: string | undefined, min: number, max: number): number {
  const value = /^(?:\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text ?? '') ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw new FaultFormError(`expected a whole number from ${min} to ${max}`);
  return value;
}

/** Versions of QUIC, separated by `+`. */
export function versions(text: string): number[] {
  return text.split('+').map((one) => count(one, 1, 0xffffffff));
}

export function url(text: string | undefined): string {
  // Only visible ASCII: it goes into a header as it is.
  if (!/^[\x21-\x7e]{1,2000}$/.test(text ?? '')) throw new FaultFormError('expected a URL');
  return text as string;
}

export function word(text: string): string {
  if (!/^[\w.-]{1,100}$/.test(text)) throw new FaultFormError('expected letters, digits, dots and dashes');
  return text;
}

export function draft(text: string): string {
  const known = PROFILES.map((profile) => profile.draft);
  if (!known.includes(text)) throw new FaultFormError(`expected one of ${known.join(', ')}`);
  return text;
}

/** A code of this space, as a number or by the name that a draft has for it. */
export function code(space: CodeSpace, text: string): string {
  if (!isCode(space, text)) throw new FaultFormError('expected a code as a number, or its name such as INTERNAL_ERROR');
  return text;
}
