import { establishSession } from '../../../src/core/session/establish.js';
import type {
  IncomingSubgroup,
  MoqtSession,
  SessionHandlers,
  SessionOptions,
  SubscriptionSink,
} from '../../../src/core/session/session.js';
import { type MemoryPair, type MemoryPairOptions, memoryPair } from '../../../src/core/transport/memory/index.js';
import { utf8 } from '../../../src/core/util/bytes.js';
import { profileByDraft } from '../../../src/core/wire/drafts/index.js';
import type { FullTrackName, TrackNamespace } from '../../../src/core/wire/full-track-name.js';
import type { DatagramObject, ObjectFragment } from '../../../src/core/wire/messages/object.js';
import type { DraftProfile } from '../../../src/core/wire/profile.js';

/** One of each family, and the hybrid between them. */
export const DRAFTS = ['14', '16', '18'] as const;

export function profileOf(draft: string): DraftProfile {
  const profile = profileByDraft(draft);
  if (profile === undefined) throw new Error(`no draft ${draft}`);
  return profile;
}

export function sessionOptions(draft: string, options: Partial<SessionOptions> = {}): SessionOptions {
  return { profiles: [profileOf(draft)], timeouts: { setupMs: 5000, requestMs: 5000, closeMs: 1000 }, ...options };
}

export interface ConnectedPair {
  readonly client: MoqtSession;
  readonly server: MoqtSession;
  readonly pair: MemoryPair;
  readonly clientNotices: string[];
  readonly serverNotices: string[];
}

export interface PairSettings {
  readonly client?: SessionHandlers;
  readonly server?: SessionHandlers;
  readonly clientOptions?: Partial<SessionOptions>;
  readonly serverOptions?: Partial<SessionOptions>;
  readonly transport?: MemoryPairOptions;
}

/** Two sessions of one draft, established over memory. */
export async function connectPair(draft: string, settings: PairSettings = {}): Promise<ConnectedPair> {
  const pair = memoryPair({ protocol: profileOf(draft).alpn, ...settings.transport });
  const clientNotices: string[] = [];
  const serverNotices: string[] = [];
  const [client, server] = await Promise.all([
    establishSession(
      'client',
      pair.client,
      sessionOptions(draft, { ...settings.clientOptions, handlers: noting(settings.client, clientNotices) }),
    ),
    establishSession(
      'server',
      pair.server,
      sessionOptions(draft, { ...settings.serverOptions, handlers: noting(settings.server, serverNotices) }),
    ),
  ]);
  return { client, server, pair, clientNotices, serverNotices };
}

function noting(handlers: SessionHandlers = {}, notices: string[]): SessionHandlers {
  return {
    ...handlers,
    onNotice(notice) {
      notices.push(notice.kind);
      handlers.onNotice?.(notice);
    },
  };
}

export function ns(...fields: string[]): TrackNamespace {
  return fields.map(utf8);
}

export function track(name: string, ...fields: string[]): FullTrackName {
  return { namespace: ns(...fields), name: utf8(name) };
}

export function nameText(name: FullTrackName): string {
  return `${namespaceText(name.namespace)}--${Buffer.from(name.name).toString()}`;
}

export function namespaceText(namespace: TrackNamespace): string {
  return namespace.map((field) => Buffer.from(field).toString()).join('/');
}

/** A sink that reads everything and keeps it. */
export class CollectingSink implements SubscriptionSink {
  readonly subgroups: CollectedSubgroup[] = [];
  readonly datagrams: DatagramObject[] = [];

  onSubgroup(stream: IncomingSubgroup): void {
    this.subgroups.push(new CollectedSubgroup(stream));
  }

  onDatagram(object: DatagramObject): void {
    this.datagrams.push(object);
  }

  /** Payload texts of complete objects, in the order of subgroups. */
  get texts(): string[] {
    return this.subgroups.flatMap((subgroup) => subgroup.texts);
  }

  async finished(): Promise<void> {
    await Promise.all(this.subgroups.map((subgroup) => subgroup.finished));
  }
}

export class CollectedSubgroup {
  readonly fragments: ObjectFragment[] = [];
  readonly finished: Promise<'fin' | Error>;

  constructor(readonly stream: IncomingSubgroup) {
    this.finished = this.#read();
  }

  get texts(): string[] {
    const texts: string[] = [];
    let bytes: Uint8Array[] = [];
    for (const fragment of this.fragments) {
      bytes.push(fragment.bytes);
      if (!fragment.complete) continue;
      texts.push(Buffer.concat(bytes).toString());
      bytes = [];
    }
    return texts;
  }

  async #read(): Promise<'fin' | Error> {
    try {
      for (;;) {
        const fragments = await this.stream.read();
        if (fragments === null) return 'fin';
        this.fragments.push(...fragments);
      }
    } catch (error) {
      return error as Error;
    }
  }
}

/** Waits until `condition` holds; fails after `ms`. */
export async function until(condition: () => boolean, what: string, ms = 30_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets everything under way over memory arrive. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
