import type { RelayEvent } from '../../src/core/relay/events.js';
import { RelayCore, type RelayCoreOptions } from '../../src/core/relay/relay.js';
import { establishSession } from '../../src/core/session/establish.js';
import type {
  IncomingSubgroup,
  IncomingSubscribe,
  MoqtSession,
  Publication,
  PublicationOffer,
  SessionHandlers,
  SubscriptionSink,
} from '../../src/core/session/session.js';
import { type MemoryPair, type MemoryPairOptions, memoryPair } from '../../src/core/transport/memory/index.js';
import { StreamReset } from '../../src/core/transport/transport-errors.js';
import { concatBytes, utf8 } from '../../src/core/util/bytes.js';
import { deferred } from '../../src/core/util/deferred.js';
import { PROFILES, profileByDraft } from '../../src/core/wire/drafts/index.js';
import type { FullTrackName, TrackNamespace } from '../../src/core/wire/full-track-name.js';
import type { DatagramObject, SubgroupHeader } from '../../src/core/wire/messages/object.js';
import type { DraftProfile } from '../../src/core/wire/profile.js';
import { eventually } from './wait.js';

export const DRAFTS = ['14', '16', '18'] as const;
export type Draft = (typeof DRAFTS)[number];

export function namespace(path: string): TrackNamespace {
  return path === '' ? [] : path.split('/').map((field) => utf8(field));
}

/** `live/room/video`: the last part is the name. */
export function trackName(path: string): FullTrackName {
  const fields = path.split('/');
  return { namespace: namespace(fields.slice(0, -1).join('/')), name: utf8(fields.at(-1) as string) };
}

export interface Member {
  readonly session: MoqtSession;
  readonly pair: MemoryPair;
  readonly profile: DraftProfile;
}

/** A relay in this process, with members that are connected to it over the memory transport. */
export class RelayWorld {
  readonly core: RelayCore;
  readonly events: RelayEvent[] = [];
  readonly #members: Member[] = [];

  constructor(options: RelayCoreOptions = {}) {
    this.core = new RelayCore({ ...options, onEvent: (event) => this.events.push(event) });
  }

  async connect(draft: Draft, handlers: SessionHandlers = {}, transport: MemoryPairOptions = {}): Promise<Member> {
    const profile = profileByDraft(draft) as DraftProfile;
    const pair = memoryPair({ protocol: profile.alpn, ...transport });
    const timeouts = { setupMs: 5000, requestMs: 5000, closeMs: 1000 };
    const seat = this.core.seat();
    if (seat === null) throw new Error('the relay is full');
    const [session, served] = await Promise.all([
      establishSession('client', pair.client, { profiles: [profile], timeouts, handlers }),
      establishSession('server', pair.server, { profiles: PROFILES, timeouts, handlers: seat.handlers }),
    ]);
    seat.attach(served);
    const member = { session, pair, profile };
    this.#members.push(member);
    return member;
  }

  /** One that has published `path` as a namespace and answers each SUBSCRIBE with `onPublication`. */
  async publisher(
    draft: Draft,
    path: string,
    onPublication: (publication: Publication, request: IncomingSubscribe) => void,
    offer: PublicationOffer = {},
    transport: MemoryPairOptions = {},
  ): Promise<Member> {
    const member = await this.connect(
      draft,
      { onSubscribe: (request) => onPublication(request.accept(offer), request) },
      transport,
    );
    await member.session.publishNamespace(namespace(path));
    return member;
  }

  counter(name: string): number {
    return this.core.counters()[name] ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ session }) => session.close()));
    await this.core.close();
    const defects = this.events.filter(({ type }) => type === 'internal-error');
    if (defects.length > 0) throw new Error(`the relay has defects: ${JSON.stringify(defects)}`);
  }
}

export interface RecordedObject {
  readonly id: string;
  readonly payload: Uint8Array;
  readonly status: string;
  readonly priority: number;
  readonly properties: Uint8Array;
}

export interface RecordedStream {
  readonly header: SubgroupHeader;
  /** Null while it is open, else `fin` or the name of the reset code. */
  end: string | null;
  readonly objects: RecordedObject[];
}

/** Takes everything of a subscription; can be told to stop reading. */
export class Recorder implements SubscriptionSink {
  readonly streams: RecordedStream[] = [];
  readonly datagrams: DatagramObject[] = [];
  bytes = 0;
  #open = deferred();

  constructor(
    private readonly profile: DraftProfile,
    reading = true,
  ) {
    if (reading) this.resume();
  }

  pause(): void {
    this.#open = deferred();
  }

  resume(): void {
    this.#open.resolve();
  }

  onSubgroup(stream: IncomingSubgroup): void {
    const recorded: RecordedStream = { header: stream.header, end: null, objects: [] };
    this.streams.push(recorded);
    void this.#read(stream, recorded);
  }

  onDatagram(object: DatagramObject): void {
    this.datagrams.push(object);
  }

  /** Objects by `group.object`, in the order in which their last byte came. */
  get objects(): Map<string, RecordedObject> {
    return new Map(this.streams.flatMap(({ objects }) => objects.map((object) => [object.id, object] as const)));
  }

  get ids(): string[] {
    return this.streams.flatMap(({ objects }) => objects.map(({ id }) => id));
  }

  get texts(): string[] {
    return this.streams.flatMap(({ objects }) => objects.map(({ payload }) => Buffer.from(payload).toString('latin1')));
  }

  async untilEnded(streams: number): Promise<void> {
    await eventually(
      () => this.streams.length >= streams && this.streams.every(({ end }) => end !== null),
      `${streams} streams to end, have ${this.streams.map(({ end }) => end)}`,
    );
  }

  async #read(stream: IncomingSubgroup, recorded: RecordedStream): Promise<void> {
    let pieces: Uint8Array[] = [];
    try {
      for (;;) {
        await this.#open.promise;
        const fragments = await stream.read();
        if (fragments === null) break;
        for (const { header, offset, bytes, complete } of fragments) {
          if (offset === 0) pieces = [];
          pieces.push(bytes);
          this.bytes += bytes.length;
          if (!complete) continue;
          recorded.objects.push({
            id: `${header.group}.${header.object}`,
            payload: concatBytes(pieces),
            status: header.status,
            priority: header.priority,
            properties: header.properties,
          });
        }
      }
      recorded.end = 'fin';
    } catch (error) {
      recorded.end =
        error instanceof StreamReset
          ? (this.profile.codes('stream-reset').name(error.code) ?? `0x${error.code.toString(16)}`)
          : String(error);
    }
  }
}
