import { namespaceKey, type TrackNamespace } from '../../wire/full-track-name.js';
import type { ControlMessage, RequestKind } from '../../wire/messages/control-message.js';
import type { DraftProfile } from '../../wire/profile.js';
import type { MuxedExchange } from '../requests/muxed-exchange.js';

type Initiator = MuxedExchange['initiator'];

/** Requests about namespaces by their namespace, since that is how 14 and 15 name them when they end. */
export class NamespaceIndex {
  readonly #exchanges = new Map<string, MuxedExchange>();
  readonly #keys = new Map<MuxedExchange, string>();

  constructor(private readonly profile: DraftProfile) {}

  /** `message` is the request that began the exchange. */
  add(exchange: MuxedExchange, message: ControlMessage): void {
    if (this.profile.features.namespaceByRequestId) return;
    let namespace: TrackNamespace;
    if (message.type === 'PUBLISH_NAMESPACE') namespace = message.namespace;
    else if (message.type === 'SUBSCRIBE_NAMESPACE') namespace = message.prefix;
    else return;
    const key = keyOf(exchange.request, exchange.initiator, namespace);
    this.#exchanges.set(key, exchange);
    this.#keys.set(exchange, key);
  }

  delete(exchange: MuxedExchange): void {
    const key = this.#keys.get(exchange);
    if (key === undefined) return;
    this.#keys.delete(exchange);
    if (this.#exchanges.get(key) === exchange) this.#exchanges.delete(key);
  }

  get(request: RequestKind, initiator: Initiator, namespace: TrackNamespace): MuxedExchange | undefined {
    return this.#exchanges.get(keyOf(request, initiator, namespace));
  }
}

function keyOf(request: RequestKind, initiator: Initiator, namespace: TrackNamespace): string {
  return `${initiator} ${request} ${namespaceKey(namespace)}`;
}
