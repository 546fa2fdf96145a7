import { deferred, ignorable } from '../../util/deferred.js';
import { MAX_NAMESPACE_FIELDS, namespaceKey, type TrackNamespace } from '../../wire/full-track-name.js';
import type { ControlMessage, SubscribeNamespace } from '../../wire/messages/control-message.js';
import type { Parameters } from '../../wire/messages/parameters.js';
import type { SessionContext } from '../context.js';
import type { Exchange, ExchangeEnd, ExchangeHandler } from '../requests/exchange.js';
import { endedError, rejectionError } from '../requests/rejection.js';
import { RequestDeadline } from '../requests/request-deadline.js';
import type { NamespaceSink, NamespaceSubscription, RequestOptions } from '../session.js';

type Wants = { readonly namespaces: boolean; readonly tracks: boolean };
type Ended = Awaited<NamespaceSubscription['ended']>;
type RequestType = 'SUBSCRIBE_NAMESPACE' | 'SUBSCRIBE_TRACKS';

/** SUBSCRIBE_NAMESPACE and, where tracks are asked for by a message of their own (18+), SUBSCRIBE_TRACKS beside it. */
export async function subscribeNamespace(
  context: SessionContext,
  prefix: TrackNamespace,
  wants: Wants,
  sink: NamespaceSink,
  parameters: Parameters = {},
  options?: RequestOptions,
): Promise<NamespaceSubscription> {
  if (!context.core.profile.features.subscribeTracks) {
    return open(context, 'SUBSCRIBE_NAMESPACE', prefix, wants, sink, parameters, options);
  }
  const requests: Promise<NamespaceSubscription>[] = [];
  // FORWARD is about tracks, and has no place in a message about namespaces.
  const { forward: _, ...aboutNamespaces } = parameters;
  if (wants.namespaces) {
    requests.push(open(context, 'SUBSCRIBE_NAMESPACE', prefix, wants, sink, aboutNamespaces, options));
  }
  if (wants.tracks) requests.push(open(context, 'SUBSCRIBE_TRACKS', prefix, wants, sink, parameters, options));
  const outcomes = await Promise.allSettled(requests);
  const opened = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    for (const subscription of opened) subscription.cancel();
    throw failed.reason;
  }
  const [only] = opened;
  return opened.length === 1 && only !== undefined ? only : joined(prefix, opened);
}

/** Two requests that live and end together. */
function joined(prefix: TrackNamespace, parts: readonly NamespaceSubscription[]): NamespaceSubscription {
  const cancel = (): void => {
    for (const part of parts) part.cancel();
  };
  const ended = Promise.race(parts.map((part) => part.ended)).then((end) => {
    cancel();
    return end;
  });
  return { prefix, ended, cancel };
}

async function open(
  context: SessionContext,
  type: RequestType,
  prefix: TrackNamespace,
  wants: Wants,
  sink: NamespaceSink,
  parameters: Parameters,
  options: RequestOptions | undefined,
): Promise<NamespaceSubscription> {
  const { core, channel } = context;
  const deadline = new RequestDeadline(core, type, options);
  const request = new NamespacesSubscribed(context, type, prefix, sink);
  try {
    request.exchange = await channel.open(
      type,
      (requestId) => ({ type, requestId, prefix, parameters, ...optionsField(context, type, wants) }),
      request,
      deadline.signal,
    );
    await deadline.race(request.accepted);
    return request;
  } catch (error) {
    request.cancel();
    throw error;
  } finally {
    deadline.dispose();
  }
}

function optionsField({ core }: SessionContext, type: RequestType, wants: Wants): Partial<SubscribeNamespace> {
  if (type !== 'SUBSCRIBE_NAMESPACE' || !core.profile.features.subscribeNamespaceOptions) return {};
  return { subscribeOptions: wants.namespaces ? (wants.tracks ? 'both' : 'namespace') : 'publish' } as object;
}

class NamespacesSubscribed implements NamespaceSubscription, ExchangeHandler {
  exchange: Exchange | null = null;
  readonly accepted: Promise<void>;
  readonly ended: Promise<Ended>;
  readonly #accepted = deferred();
  readonly #ended = deferred<Ended>();
  /** Namespaces that exist at the publisher, by key. */
  readonly #known = new Map<string, TrackNamespace>();
  #stopLegacy: () => void = () => {};

  constructor(
    private readonly context: SessionContext,
    private readonly request: RequestType,
    readonly prefix: TrackNamespace,
    private readonly sink: NamespaceSink,
  ) {
    this.accepted = ignorable(this.#accepted.promise);
    this.ended = this.#ended.promise;
    // Before the request, since PUBLISH_NAMESPACE of 14 and 15 may follow its answer at once.
    if (!context.core.profile.features.namespaceMessages) {
      this.#stopLegacy = context.legacyNamespaces.watch(prefix, sink);
    }
  }

  cancel(): void {
    const { exchange, prefix } = this;
    if (exchange?.isOpen) {
      const { namespaceByRequestId } = this.context.core.profile.features;
      const named = namespaceByRequestId ? { requestId: exchange.requestId } : { prefix };
      exchange.cancel({ type: 'UNSUBSCRIBE_NAMESPACE', ...named }, 'CANCELLED');
    }
    this.#stopLegacy();
    this.#ended.resolve({ kind: 'cancelled' });
  }

  onMessage(message: ControlMessage): void {
    if (!this.#accepted.settled) {
      if (message.type === 'REQUEST_OK') this.#accepted.resolve();
      else if (message.type === 'REQUEST_ERROR') {
        this.#accepted.reject(rejectionError(this.context.core, this.request, message));
        this.exchange?.finish();
      } else this.#violation(`${message.type} before ${this.request} was answered`);
      return;
    }
    const tells = this.request === 'SUBSCRIBE_NAMESPACE';
    if (message.type === 'NAMESPACE' && tells) this.#onNamespace(message.suffix);
    else if (message.type === 'NAMESPACE_DONE' && tells) this.#onNamespaceDone(message.suffix);
    else if (message.type === 'PUBLISH_BLOCKED') {
      const track = { namespace: [...this.prefix, ...message.suffix], name: message.name };
      this.context.core.guard('onPublishBlocked', () => this.sink.onPublishBlocked?.(track));
    } else this.#violation(`an unexpected ${message.type} to ${this.request}`);
  }

  /** The publisher has ended it: every namespace counts as done (draft-18 §10.18). */
  onPeerFinished(): void {
    if (!this.#accepted.settled) this.#accepted.reject(endedError(this.request, { kind: 'peer' }));
    this.exchange?.finish();
    this.onEnd({ kind: 'peer' });
  }

  onEnd(end: ExchangeEnd): void {
    this.#accepted.reject(endedError(this.request, end));
    this.#stopLegacy();
    const known = [...this.#known.values()];
    this.#known.clear();
    // The end of the session says nothing about the namespaces.
    for (const namespace of end.kind === 'peer' ? known : []) {
      this.context.core.guard('onNamespaceDone', () => this.sink.onNamespaceDone(namespace));
    }
    this.#ended.resolve(end.kind === 'peer' ? { kind: 'peer', code: end.code } : { kind: 'session-closed' });
  }

  #onNamespace(suffix: TrackNamespace): void {
    const namespace = [...this.prefix, ...suffix];
    if (namespace.length > MAX_NAMESPACE_FIELDS) {
      this.#violation(`NAMESPACE makes a namespace of ${namespace.length} fields`);
      return;
    }
    this.#known.set(namespaceKey(namespace), namespace);
    this.context.core.guard('onNamespace', () => this.sink.onNamespace(namespace));
  }

  #onNamespaceDone(suffix: TrackNamespace): void {
    const namespace = [...this.prefix, ...suffix];
    if (!this.#known.delete(namespaceKey(namespace))) this.#violation('NAMESPACE_DONE before its NAMESPACE');
    else this.context.core.guard('onNamespaceDone', () => this.sink.onNamespaceDone(namespace));
  }

  #violation(reason: string): void {
    this.context.core.fail('PROTOCOL_VIOLATION', reason);
  }
}
