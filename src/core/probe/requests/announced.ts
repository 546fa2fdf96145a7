import type { MoqtSession, NamespaceSubscription, SessionHandlers } from '../../session/session.js';
import { formatNamespace } from '../../url/namespace.js';
import { concatBytes, toLatin1, utf8 } from '../../util/bytes.js';
import { systemClock } from '../../util/clock.js';
import { namespaceKey, type TrackNamespace } from '../../wire/full-track-name.js';
import type { Parameters } from '../../wire/messages/parameters.js';

/** Most namespaces that are kept, and shown. */
const MOST_SHOWN = 20;
const MOST_KEPT = 1000;
/** Longest wait for an answer to SUBSCRIBE_NAMESPACE, and for what follows it: an experiment costs less than a second. */
const ANSWER_MS = 400;
const QUIET_MS = 60;
const LONGEST_MS = 300;

const SLASH = utf8('/');

/** Collects the namespaces that a peer tells of, whether it was asked or not. */
export class Announced {
  readonly #seen = new Map<string, TrackNamespace>();
  readonly #uninstall: () => void;
  /** One of the questions was answered with yes: what is not told is not there. */
  isComplete = false;
  #more = (): void => {};

  /** Listens for PUBLISH_NAMESPACE from now on; those are accepted. */
  constructor(private readonly session: MoqtSession) {
    const outer = session.handlers;
    const mine: SessionHandlers = {
      ...outer,
      onPublishNamespace: (request) => {
        this.#add(request.namespace);
        if (outer.onPublishNamespace) outer.onPublishNamespace(request);
        else request.accept();
      },
    };
    session.handlers = mine;
    this.#uninstall = () => {
      if (session.handlers === mine) session.handlers = outer;
    };
  }

  get namespaces(): readonly TrackNamespace[] {
    return [...this.#seen.values()];
  }

  has(namespace: TrackNamespace): boolean {
    return this.#seen.has(namespaceKey(namespace));
  }

  /** Up to 20, as they are written on the command line. */
  get shown(): string[] {
    return this.namespaces.slice(0, MOST_SHOWN).map((namespace) => formatNamespace(namespace));
  }

  /** One that a person would write the same, with its fields divided otherwise. */
  lookalike(namespace: TrackNamespace): TrackNamespace | null {
    const text = joined(namespace);
    const key = namespaceKey(namespace);
    return this.namespaces.find((one) => namespaceKey(one) !== key && joined(one) === text) ?? null;
  }

  /**
   * Asks what is announced near `namespace`: everything where the draft can say so, else what begins as it does, as a tuple
   * and as one field. Never rejects: a peer that does not answer, or closes, has told nothing.
   */
  async ask(namespace: TrackNamespace, parameters: Parameters = {}): Promise<void> {
    if (this.session.profile.features.emptyNamespacePrefix && (await this.#askPrefix([], parameters))) return;
    const oneField = concatBytes(namespace.flatMap((field, i) => (i === 0 ? [field] : [SLASH, field])));
    const prefixes = [namespace.slice(0, 1), ...(namespace.length > 1 ? [[oneField]] : [])];
    await Promise.all(prefixes.map((prefix) => this.#askPrefix(prefix, parameters)));
  }

  stop(): void {
    this.#uninstall();
  }

  /** True when the peer accepted the question. */
  async #askPrefix(prefix: TrackNamespace, parameters: Parameters): Promise<boolean> {
    let subscription: NamespaceSubscription;
    try {
      subscription = await this.session.subscribeNamespace(
        prefix,
        { namespaces: true, tracks: false },
        { onNamespace: (namespace) => this.#add(namespace), onNamespaceDone: () => {} },
        parameters,
        { timeoutMs: ANSWER_MS },
      );
    } catch {
      return false;
    }
    this.isComplete = true;
    await this.#untilQuiet();
    subscription.cancel();
    return true;
  }

  /** Until nothing has come for a while; longer on long paths. */
  async #untilQuiet(): Promise<void> {
    const { rttMs } = this.session.transport.stats();
    const quiet = Math.min(LONGEST_MS, QUIET_MS + (rttMs ?? 0));
    const longest = systemClock.now() + LONGEST_MS + (rttMs ?? 0);
    let last = systemClock.now();
    this.#more = () => {
      last = systemClock.now();
    };
    for (;;) {
      const now = systemClock.now();
      const wait = Math.min(last + quiet, longest) - now;
      if (wait <= 0) return;
      await new Promise<void>((resolve) => systemClock.after(wait, resolve));
    }
  }

  #add(namespace: TrackNamespace): void {
    if (this.#seen.size < MOST_KEPT) this.#seen.set(namespaceKey(namespace), namespace);
    this.#more();
  }
}

function joined(namespace: TrackNamespace): string {
  return namespace.map((field) => toLatin1(field)).join('/');
}
