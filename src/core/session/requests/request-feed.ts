import { deferred } from '../../util/deferred.js';
import { type FullTrackName, hasPrefix, namespaceKey, type TrackNamespace } from '../../wire/full-track-name.js';
import type { ControlMessage } from '../../wire/messages/control-message.js';
import type { SessionContext } from '../context.js';
import type { PrefixClaim } from '../namespaces/namespace-prefixes.js';
import { publishNamespace } from '../namespaces/published-namespace.js';
import type { NamespaceFeed, PublishedNamespace } from '../session.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from './exchange.js';

/** Tells a namespace subscriber by PUBLISH_NAMESPACE requests, which is the way of 14 and 15. */
export class RequestFeed implements NamespaceFeed, ExchangeHandler {
  readonly closed: NamespaceFeed['closed'];
  /** Never called: prefixes move from 18 on. */
  onPrefix: NamespaceFeed['onPrefix'];
  readonly #closed = deferred<Awaited<NamespaceFeed['closed']>>();
  readonly #told = new Map<string, Promise<PublishedNamespace | null>>();

  constructor(
    private readonly context: SessionContext,
    private readonly exchange: Exchange,
    readonly prefix: TrackNamespace,
    private readonly claim: PrefixClaim,
  ) {
    this.closed = this.#closed.promise;
  }

  namespace(namespace: TrackNamespace): void {
    const key = namespaceKey(namespace);
    if (!this.exchange.isOpen || this.#told.has(key) || !hasPrefix(namespace, this.prefix)) return;
    const published = publishNamespace(this.context, namespace, {}).catch((error: unknown) => {
      this.context.core.notice(
        'namespace-not-told',
        `a namespace subscriber did not take a namespace: ${error instanceof Error ? error.message : String(error)}`,
      );
      this.#told.delete(key);
      return null;
    });
    this.#told.set(key, published);
  }

  namespaceDone(namespace: TrackNamespace): void {
    const key = namespaceKey(namespace);
    const published = this.#told.get(key);
    this.#told.delete(key);
    void published?.then((told) => told?.withdraw());
  }

  /** These drafts have no message for it. */
  publishBlocked(_track: FullTrackName): void {
    this.context.core.count('publish-blocked-omitted');
  }

  end(): void {
    if (!this.exchange.isOpen) return;
    this.#withdrawAll();
    this.exchange.finish();
    this.#close('done');
  }

  onMessage(message: ControlMessage): void {
    this.context.core.fail('PROTOCOL_VIOLATION', `${message.type} from a namespace subscriber`);
  }

  onPeerFinished(): void {}

  onEnd(end: ExchangeEnd): void {
    if (end.kind === 'peer') this.#withdrawAll();
    this.#close(end.kind);
  }

  #withdrawAll(): void {
    for (const published of this.#told.values()) void published.then((told) => told?.withdraw());
    this.#told.clear();
  }

  #close(kind: Awaited<NamespaceFeed['closed']>['kind']): void {
    this.claim.release();
    this.#closed.resolve({ kind });
  }
}
