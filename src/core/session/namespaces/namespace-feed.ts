import { deferred } from '../../util/deferred.js';
import { type FullTrackName, hasPrefix, namespaceKey, type TrackNamespace } from '../../wire/full-track-name.js';
import type { ControlMessage, RequestUpdate } from '../../wire/messages/control-message.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from '../requests/exchange.js';
import { updateAnswer } from '../requests/update-answer.js';
import type { NamespaceFeed } from '../session.js';
import type { SessionCore } from '../session-core.js';
import type { PrefixClaim } from './namespace-prefixes.js';

/** Tells a namespace subscriber by NAMESPACE and NAMESPACE_DONE on the request's own stream (from 16). */
export class MessageFeed implements NamespaceFeed, ExchangeHandler {
  readonly closed: NamespaceFeed['closed'];
  onPrefix: NamespaceFeed['onPrefix'];
  readonly #closed = deferred<Awaited<NamespaceFeed['closed']>>();
  /** Namespaces told and not yet taken back, by key. */
  readonly #told = new Set<string>();
  #prefix: TrackNamespace;

  constructor(
    private readonly core: SessionCore,
    private readonly exchange: Exchange,
    prefix: TrackNamespace,
    private readonly wants: { readonly namespaces: boolean; readonly tracks: boolean },
    private readonly claim: PrefixClaim,
  ) {
    this.#prefix = prefix;
    this.closed = this.#closed.promise;
  }

  get prefix(): TrackNamespace {
    return this.#prefix;
  }

  namespace(namespace: TrackNamespace): void {
    if (!this.wants.namespaces || !hasPrefix(namespace, this.#prefix)) return;
    const key = namespaceKey(namespace);
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.exchange.send({ type: 'NAMESPACE', suffix: namespace.slice(this.#prefix.length) });
  }

  /** Only for a namespace told before: anything else would be a violation (draft-18 §10.18). */
  namespaceDone(namespace: TrackNamespace): void {
    if (!this.#told.delete(namespaceKey(namespace))) return;
    this.exchange.send({ type: 'NAMESPACE_DONE', suffix: namespace.slice(this.#prefix.length) });
  }

  publishBlocked(track: FullTrackName): void {
    if (!this.wants.tracks || !hasPrefix(track.namespace, this.#prefix)) return;
    if (this.core.profile.messageType('PUBLISH_BLOCKED') === undefined) {
      this.core.count('publish-blocked-omitted');
      return;
    }
    const suffix = track.namespace.slice(this.#prefix.length);
    this.exchange.send({ type: 'PUBLISH_BLOCKED', suffix, name: track.name });
  }

  end(): void {
    if (!this.exchange.isOpen) return;
    this.exchange.finish();
    this.#close('done');
  }

  onMessage(message: ControlMessage): void {
    if (message.type === 'REQUEST_UPDATE') this.#onUpdate(message);
    else this.core.fail('PROTOCOL_VIOLATION', `${message.type} from a namespace subscriber`);
  }

  /** FIN cancels a namespace subscription (draft-18 §6.1). */
  onPeerFinished(): void {
    this.exchange.finish();
    this.#close('peer');
  }

  onEnd(end: ExchangeEnd): void {
    this.#close(end.kind);
  }

  #onUpdate(update: RequestUpdate): void {
    const prefix = update.parameters.trackNamespacePrefix;
    if (prefix !== undefined && !this.claim.move(prefix)) {
      const refusal = { name: 'PREFIX_OVERLAP', reason: 'the new prefix overlaps another subscription' };
      // A failed update ends the subscription (draft-18 §10.9.1).
      this.exchange.finish(updateAnswer(this.core, update, refusal) ?? undefined);
      this.#close('peer');
      return;
    }
    const answer = updateAnswer(this.core, update, null);
    if (answer !== null) this.exchange.send(answer);
    if (prefix === undefined) return;
    this.#prefix = prefix;
    this.#told.clear();
    this.core.guard('onPrefix', () => this.onPrefix?.(prefix));
  }

  #close(kind: Awaited<NamespaceFeed['closed']>['kind']): void {
    this.claim.release();
    this.#closed.resolve({ kind });
  }
}
