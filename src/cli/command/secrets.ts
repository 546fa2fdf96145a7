import { createRedactor, urlSecrets } from '../../core/util/redact.js';

/** Shorter ones could not be told from ordinary text, and looking for them would garble it. */
const SHORTEST = 6;

const hidden = new Set<string>();
let redactor = (text: string): string => text;

/** From now on nothing that this process says about its work shows these, in whatever shape: see createRedactor. */
export function hideSecrets(secrets: readonly string[]): void {
  const before = hidden.size;
  for (const secret of secrets) if (secret.length >= SHORTEST) hidden.add(secret);
  if (hidden.size > before) redactor = createRedactor([...hidden]);
}

/** Tokens in the path and query of a URL that a user gave. */
export function hideUrlSecrets(url: string): void {
  hideSecrets(urlSecrets(url));
}

/** A line for stdout or stderr without the secrets, also where a peer has sent them back. Not for payload. */
export function withoutSecrets(text: string): string {
  return redactor(text);
}
