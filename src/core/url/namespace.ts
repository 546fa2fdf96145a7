import { MoqtError } from '../errors/moqt-error.js';
import { concatBytes, utf8 } from '../util/bytes.js';
import { escapeText, utf8Parts } from '../util/escape.js';
import { MAX_FULL_TRACK_NAME_BYTES, MAX_NAMESPACE_FIELDS } from './name-limits.js';

/** What some drafts allow and others do not. */
export interface NamespaceOptions {
  /** No fields at all: `''`. Only a prefix may be empty, and only in some drafts. Default false. */
  readonly allowEmpty?: boolean;
  /** `a//b`: a field without bytes, which only drafts 14 and 15 know. Default false. */
  readonly allowEmptyFields?: boolean;
}

/**
 * Reads a namespace as users write it: fields between slashes, any byte as `%xx` (`%2F` is a slash within a field, `%25` a
 * percent sign), the rest UTF-8. Throws MOQT_E_NAME.
 */
export function parseNamespace(text: string, options: NamespaceOptions = {}): Uint8Array[] {
  if (text === '' && options.allowEmpty) return [];
  const refuse = (problem: string, hint: string): never => refuseName('namespace', text, problem, hint);
  if (text === '') return refuse('it is empty', 'expected fields separated by slashes, for example live/room1');
  const parts = text.split('/');
  if (parts.length > MAX_NAMESPACE_FIELDS) {
    refuse(
      `it has ${parts.length} fields`,
      `at most ${MAX_NAMESPACE_FIELDS} are allowed; %2F is a slash within a field`,
    );
  }
  if (!options.allowEmptyFields) {
    const empty = parts.indexOf('');
    if (empty === 0) refuse('its first field is empty', 'a namespace does not begin with a slash');
    if (empty === parts.length - 1) refuse('its last field is empty', 'a namespace does not end with a slash');
    if (empty !== -1) refuse(`its field ${empty + 1} is empty`, 'there is something between any two slashes');
  }
  const fields = parts.map((part) => decodeName(part, refuse));
  checkLength(fields, refuse);
  return fields;
}

/** Reads a track name: `%xx` as in a namespace, but a slash is a byte like any other. Throws MOQT_E_NAME. */
export function parseTrackName(text: string): Uint8Array {
  const refuse = (problem: string, hint: string): never => refuseName('track name', text, problem, hint);
  const name = decodeName(text, refuse);
  checkLength([name], refuse);
  return name;
}

/** Namespace and track name together, which share one length limit. Throws MOQT_E_NAME. */
export function parseFullTrackName(
  namespace: string,
  track: string,
  options: NamespaceOptions = {},
): { namespace: Uint8Array[]; name: Uint8Array } {
  const full = { namespace: parseNamespace(namespace, options), name: parseTrackName(track) };
  checkLength([...full.namespace, full.name], (problem, hint) =>
    refuseName('full track name', `${namespace} ${track}`, problem, hint),
  );
  return full;
}

/**
 * A namespace as parseNamespace reads it: slashes and percent signs within a field, bytes that are not UTF-8, and
 * everything unfit for a terminal are `%xx`.
 */
export function formatNamespace(namespace: readonly Uint8Array[]): string {
  return namespace.map((field) => formatBytes(field).replaceAll('/', '%2F')).join('/');
}

/** A track name as parseTrackName reads it, fit for a terminal. */
export function formatTrackName(name: Uint8Array): string {
  return formatBytes(name);
}

/** For messages that must show where one field ends: `("live", "room1")`. */
export function formatTuple(namespace: readonly Uint8Array[]): string {
  return `(${namespace.map((field) => `"${formatBytes(field).replaceAll('"', '%22')}"`).join(', ')})`;
}

function decodeName(text: string, refuse: (problem: string, hint: string) => never): Uint8Array {
  if (/\p{Cs}/u.test(text)) refuse('it is not well-formed Unicode', 'write bytes that are not UTF-8 as %xx');
  const chunks: Uint8Array[] = [];
  for (const part of text.split(/(%[0-9a-f]{2})/i)) {
    if (/^%[0-9a-f]{2}$/i.test(part)) chunks.push(Uint8Array.of(Number.parseInt(part.slice(1), 16)));
    else if (part.includes('%')) refuse('a % is not followed by two hex digits', 'write a percent sign as %25');
    else chunks.push(utf8(part));
  }
  return concatBytes(chunks);
}

function checkLength(fields: readonly Uint8Array[], refuse: (problem: string, hint: string) => never): void {
  const total = fields.reduce((sum, field) => sum + field.length, 0);
  if (total > MAX_FULL_TRACK_NAME_BYTES) {
    refuse(`it has ${total} bytes`, `namespace and track name together have at most ${MAX_FULL_TRACK_NAME_BYTES}`);
  }
}

function refuseName(what: string, text: string, problem: string, hint: string): never {
  throw new MoqtError('MOQT_E_NAME', `bad ${what} "${escapeText(text, { maxLength: 100 })}": ${problem}`, {
    stage: 'config',
    cause: 'name.malformed',
    hint,
  });
}

const UNSAFE = /[%\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

function formatBytes(bytes: Uint8Array): string {
  let text = '';
  for (const part of utf8Parts(bytes)) {
    text += typeof part === 'string' ? part.replace(UNSAFE, percent) : percentByte(part);
  }
  return text;
}

function percent(character: string): string {
  return Array.from(utf8(character), percentByte).join('');
}

function percentByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
