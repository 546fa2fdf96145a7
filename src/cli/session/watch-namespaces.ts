import { MoqtError } from '../../core/errors/moqt-error.js';
import type { ConnectedSession } from '../../core/session/connect/connect-settings.js';
import { asMoqtError } from '../../core/session/failure.js';
import { formatTuple, parseNamespace } from '../../core/url/namespace.js';
import { hasPrefix, type TrackNamespace } from '../../core/wire/full-track-name.js';
import type { Parameters } from '../../core/wire/messages/parameters.js';
import { badFlag } from '../flags/kinds.js';
import type { EventPrinter } from '../io/event-printer.js';

/** The prefix of no fields, below which everything is, as users write it. */
const EVERYTHING = '/';

/**
 * The prefixes of --prefix. Throws MOQT_E_NAME for what is no namespace, and MOQT_E_USAGE when one lies below another:
 * peers refuse that (draft-18 §10.18).
 */
export function parsePrefixes(texts: readonly string[]): TrackNamespace[] {
  const prefixes = texts.map((text) => (text === EVERYTHING ? [] : parseNamespace(text)));
  for (const [i, prefix] of prefixes.entries()) {
    const inside = prefixes.findIndex((other, j) => i !== j && hasPrefix(prefix, other));
    if (inside !== -1) {
      throw badFlag('prefix', texts[i] as string, `prefixes that do not overlap: it is within ${texts[inside]}`);
    }
  }
  return prefixes;
}

/**
 * SUBSCRIBE_NAMESPACE for each prefix; what the peer tells is printed until the session ends. Rejects with MoqtError when
 * the peer refuses one or does not answer, and MOQT_E_ENCODE for a prefix that the draft of the session does not have.
 */
export async function watchNamespaces(
  session: ConnectedSession,
  prefixes: readonly TrackNamespace[],
  events: EventPrinter,
  options: { parameters: Parameters; signal: AbortSignal },
): Promise<void> {
  const { profile } = session;
  if (!profile.features.emptyNamespacePrefix && prefixes.some((prefix) => prefix.length === 0)) {
    throw new MoqtError('MOQT_E_ENCODE', `draft ${profile.draft} has no prefix without fields`, {
      stage: 'subscribe',
      cause: 'encode.no_place',
      hint: 'name at least the first field with --prefix, or try a later --draft',
    });
  }
  for (const prefix of prefixes) await watch(session, prefix, events, options);
}

async function watch(
  session: ConnectedSession,
  prefix: TrackNamespace,
  events: EventPrinter,
  options: { parameters: Parameters; signal: AbortSignal },
): Promise<void> {
  // Namespaces may arrive in one packet with the answer; they are shown behind it.
  let early: (() => void)[] | null = [];
  const show = (tell: () => void): void => {
    if (early === null) tell();
    else early.push(tell);
  };
  try {
    const subscription = await session.subscribeNamespace(
      prefix,
      { namespaces: true, tracks: false },
      {
        onNamespace: (namespace) => show(() => events.namespace(prefix, namespace)),
        onNamespaceDone: (namespace) => show(() => events.namespaceDone(prefix, namespace)),
      },
      options.parameters,
      { signal: options.signal },
    );
    events.watching(prefix);
    for (const tell of early) tell();
    early = null;
    void subscription.ended.then(({ kind }) => {
      if (kind === 'peer') events.watchEnded(prefix);
    });
  } catch (error) {
    const failure = asMoqtError(error, 'subscribe', session);
    failure.message = `--prefix ${prefix.length === 0 ? EVERYTHING : formatTuple(prefix)}: ${failure.message}`;
    throw failure;
  }
}
