import { toBase64, toHex, utf8 } from './bytes.js';

/** What stands in the place of a secret. */
export const REDACTED = '***';

/** Parts of a secret shorter than this are too common in ordinary text to be searched for. */
const SHORTEST_PART = 8;

/**
 * A URL (or its path and query) with everything replaced that may be a token: userinfo, every query value, the fragment,
 * path segments that look random, and the segment after one named like `token`. Names of query keys stay readable. Takes
 * any text: what is not a URL is treated as a path.
 */
export function redactUrl(text: string): string {
  return redactParts(text).text;
}

/** The secrets that redactUrl finds, for a redactor that must recognise them elsewhere. */
export function urlSecrets(text: string): readonly string[] {
  return redactParts(text).secrets;
}

function redactParts(text: string): { text: string; secrets: string[] } {
  const secrets: string[] = [];
  const hide = (secret: string): string => {
    if (secret === '') return '';
    secrets.push(secret);
    return REDACTED;
  };
  const match = /^([a-z][a-z0-9+.-]*:\/\/)?([\s\S]*)$/i.exec(text) as RegExpExecArray;
  const scheme = match[1] ?? '';
  let rest = match[2] as string;

  let authority = '';
  if (scheme !== '') {
    const end = rest.search(/[/?#]/);
    authority = end === -1 ? rest : rest.slice(0, end);
    rest = end === -1 ? '' : rest.slice(end);
    const at = authority.lastIndexOf('@');
    if (at !== -1) authority = `${hide(authority.slice(0, at))}@${authority.slice(at + 1)}`;
  }
  const hash = rest.indexOf('#');
  const fragment = hash === -1 ? '' : `#${hide(rest.slice(hash + 1))}`;
  if (hash !== -1) rest = rest.slice(0, hash);
  const mark = rest.indexOf('?');
  const query = mark === -1 ? '' : `?${redactQuery(rest.slice(mark + 1), hide)}`;
  const path = redactPath(mark === -1 ? rest : rest.slice(0, mark), hide);
  return { text: scheme + authority + path + query + fragment, secrets };
}

function redactQuery(query: string, hide: (secret: string) => string): string {
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals !== -1) return `${pair.slice(0, equals)}=${hide(pair.slice(equals + 1))}`;
      return looksSecret(pair) ? hide(pair) : pair;
    })
    .join('&');
}

function redactPath(path: string, hide: (secret: string) => string): string {
  let announced = false;
  return path
    .split('/')
    .map((segment) => {
      const assigned = /^(.*?(?:token|jwt|key|secret|auth|password|sig|signature)=)(.+)$/i.exec(segment);
      const shown = assigned
        ? `${assigned[1]}${hide(assigned[2] as string)}`
        : announced || looksSecret(segment)
          ? hide(segment)
          : segment;
      announced = /^(?:access[-_]?)?(?:token|jwt|key|secret|auth|bearer)$/i.test(segment);
      return shown;
    })
    .join('/');
}

/** Long runs without words in them: JWTs, hex, base64, UUIDs. Errs on the side of hiding. */
function looksSecret(segment: string): boolean {
  const text = decodeLeniently(segment);
  if (/^eyJ/.test(text) || text.length >= 64) return true;
  if (/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i.test(text)) return true;
  return text
    .split(/[^A-Za-z0-9+=]+/)
    .some((run) => (run.length >= 16 && /[0-9]/.test(run) && /[A-Za-z]/.test(run)) || isMixedCase(run));
}

function isMixedCase(run: string): boolean {
  return run.length >= 20 && /[a-z][A-Z]/.test(run) && /[A-Z]{2}|[A-Z][a-z][A-Z]/.test(run);
}

function decodeLeniently(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // It is only looked at for secrets, and shown as it is.
    return text;
  }
}

/**
 * A function that removes the given secrets from any text, whatever shape they take in it: as they are, percent-encoded,
 * base64, hex, escaped for JSON, and each dotted part by itself. Empty secrets are ignored.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const needles = new Set<string>();
  for (const secret of secrets) {
    if (secret === '') continue;
    for (const plain of new Set([secret, decodeLeniently(secret)])) {
      for (const shape of shapes(plain)) needles.add(shape);
      for (const part of plain.split('.')) {
        if (part.length >= SHORTEST_PART && part !== plain) for (const shape of shapes(part)) needles.add(shape);
      }
    }
  }
  if (needles.size === 0) return (text) => text;
  // The longest first, so that a part never leaves the rest of its whole behind.
  const ordered = [...needles].sort((a, b) => b.length - a.length).map(escapeRegExp);
  const pattern = new RegExp(ordered.join('|'), 'g');
  return (text) => text.replace(pattern, REDACTED);
}

function shapes(secret: string): string[] {
  const bytes = utf8(secret);
  const base64 = toBase64(bytes);
  const bare = base64.replace(/=+$/, '');
  const hex = toHex(bytes);
  const percent = encodeURIComponent(secret);
  return [
    secret,
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
    base64,
    bare,
    bare.replace(/\+/g, '-').replace(/\//g, '_'),
    hex,
    hex.toUpperCase(),
    JSON.stringify(secret).slice(1, -1),
  ];
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
