import type { GenerateOptions } from '../../certs/generate.js';
import type { IncomingFetch, MoqtSession, Publication, SessionHandlers } from '../../session/session.js';
import type { ConnectDecision, ConnectRequest, PacketFilter, TransportSession } from '../../transport/transport.js';
import { profileByAlpn } from '../../wire/drafts/index.js';
import type { DraftProfile } from '../../wire/profile.js';
import { resolveCode } from './codes.js';
import type { Fault } from './fault.js';
import { faultyPublication, NO_OBJECT_FAULTS, type ObjectFaults } from './object-faults.js';
import { overlay } from './overlay.js';

/** All faults of a relay as one, at each of the places where they take part. */
export class FaultSet {
  readonly #faults: readonly Fault[];
  readonly #objects: ObjectFaults | null;
  readonly #random: () => number;
  /** What the relay knows of a publication by, for joining fetches that name it. */
  readonly #publications = new WeakMap<Publication, Publication>();

  constructor(
    /** As they were asked for. */
    readonly given: readonly string[],
    faults: readonly Fault[],
    random: () => number,
  ) {
    this.#faults = faults;
    this.#random = random;
    const objects = faults.flatMap((fault) => fault.objects ?? []);
    this.#objects = objects.length === 0 ? null : Object.assign({}, NO_OBJECT_FAULTS, ...objects);
  }

  /** For the listener. */
  get listenOptions(): {
    readonly packetFilter?: PacketFilter;
    readonly wrapConnection?: (connection: TransportSession) => TransportSession;
  } {
    const filters = this.#faults.flatMap(({ packets }) => packets ?? []);
    const wraps = this.#faults.flatMap(({ wrapConnection }) => wrapConnection ?? []);
    return {
      ...(filters.length > 0 && { packetFilter: filters.reduceRight(chain) }),
      ...(wraps.length > 0 && {
        wrapConnection: (connection: TransportSession) => wraps.reduce((inner, wrap) => wrap(inner), connection),
      }),
    };
  }

  /** What is different about the certificate; null: nothing is. */
  get certificate(): Partial<GenerateOptions> | null {
    const changes = this.#faults.flatMap(({ certificate }) => certificate ?? []);
    return changes.length === 0 ? null : Object.assign({}, ...changes);
  }

  /** Requests that a peer may have open; undefined: as ever. */
  get maxRequests(): number | undefined {
    return this.#faults.find(({ maxRequests }) => maxRequests !== undefined)?.maxRequests;
  }

  connect(request: ConnectRequest, decide: () => ConnectDecision): ConnectDecision {
    return this.#faults.reduce<() => ConnectDecision>(
      (next, { connect }) => (connect === undefined ? next : () => connect(request, next)),
      decide,
    )();
  }

  /** Serves the session itself; false when it is the relay's to serve. */
  takesOver(transport: TransportSession, profiles: readonly DraftProfile[]): boolean {
    const takeOver = this.#faults.find((fault) => fault.takeOver !== undefined)?.takeOver;
    if (takeOver === undefined) return false;
    const named = profileByAlpn(transport.protocol);
    // A WebTransport session without a protocol is one of the draft that agrees in band.
    const silent = profiles.find(({ features }) => features.inBandVersions) ?? profiles[0];
    const profile = named ?? silent;
    if (profile === undefined) return false;
    takeOver(transport, profile);
    return true;
  }

  handlers(handlers: SessionHandlers, session: () => MoqtSession): SessionHandlers {
    const changed = this.#faults.reduce((inner, fault) => fault.handlers?.(inner, session) ?? inner, handlers);
    return this.#objects === null ? changed : this.#withObjects(changed, this.#objects, session);
  }

  session(session: MoqtSession): MoqtSession {
    const objects = this.#objects;
    if (objects === null) return session;
    return overlay(session, {
      publish: async (...args) => this.#wrapped(await session.publish(...args), objects, session),
    });
  }

  /** The session is up. */
  welcome(session: MoqtSession): void {
    for (const { welcome } of this.#faults) welcome?.(session);
  }

  #withObjects(handlers: SessionHandlers, objects: ObjectFaults, session: () => MoqtSession): SessionHandlers {
    const { onSubscribe, onFetch } = handlers;
    return {
      ...handlers,
      ...(onSubscribe && {
        onSubscribe: (request) =>
          onSubscribe(
            overlay(request, { accept: (offer) => this.#wrapped(request.accept(offer), objects, session()) }),
          ),
      }),
      ...(onFetch && { onFetch: (request) => onFetch(this.#joined(request)) }),
    };
  }

  #wrapped(publication: Publication, objects: ObjectFaults, session: MoqtSession): Publication {
    const { transport, profile } = session;
    const wrapped = faultyPublication(publication, objects, this.#random, (code) => {
      void transport.close(resolveCode(profile, 'session', code), '').catch(() => {});
    });
    this.#publications.set(publication, wrapped);
    return wrapped;
  }

  #joined(request: IncomingFetch): IncomingFetch {
    const joining = request.joining === undefined ? undefined : this.#publications.get(request.joining);
    return joining === undefined ? request : overlay(request, { joining });
  }
}

/** `outer` is next to the socket. */
function chain(inner: PacketFilter, outer: PacketFilter): PacketFilter {
  return {
    incoming: (packet, next, reply) => outer.incoming(packet, (passed) => inner.incoming(passed, next, reply), reply),
    outgoing: (packet, next) => inner.outgoing(packet, (passed) => outer.outgoing(passed, next)),
  };
}
