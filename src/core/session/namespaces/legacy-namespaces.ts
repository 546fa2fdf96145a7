import { hasPrefix, type TrackNamespace } from '../../wire/full-track-name.js';
import type { IncomingPublishNamespace, NamespaceSink } from '../session.js';
import type { SessionCore } from '../session-core.js';

interface Watch {
  readonly prefix: TrackNamespace;
  readonly sink: NamespaceSink;
}

/**
 * Namespace subscriptions of 14 and 15: the publisher answers them with PUBLISH_NAMESPACE requests of its own, which are
 * accepted here and become what NAMESPACE and NAMESPACE_DONE are later.
 */
export class LegacyNamespaces {
  readonly #watches = new Set<Watch>();

  constructor(private readonly core: SessionCore) {}

  /** Returns what ends the watch. */
  watch(prefix: TrackNamespace, sink: NamespaceSink): () => void {
    const watch = { prefix, sink };
    this.#watches.add(watch);
    return () => void this.#watches.delete(watch);
  }

  /** Accepts the request when somebody has subscribed to its namespace. */
  take(request: IncomingPublishNamespace): boolean {
    const { namespace } = request;
    const watches = [...this.#watches].filter(({ prefix }) => hasPrefix(namespace, prefix));
    if (watches.length === 0) return false;
    const accepted = request.accept();
    for (const { sink } of watches) this.core.guard('onNamespace', () => sink.onNamespace(namespace));
    void accepted.withdrawn.then(({ kind }) => {
      if (kind === 'session-closed') return;
      for (const watch of watches) {
        if (this.#watches.has(watch)) {
          this.core.guard('onNamespaceDone', () => watch.sink.onNamespaceDone(namespace));
        }
      }
    });
    return true;
  }
}
