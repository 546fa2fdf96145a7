import type { SessionHandlers } from '../../core/session/session.js';
import { formatNamespace, formatTrackName, formatTuple } from '../../core/url/namespace.js';
import { escapeText } from '../../core/util/escape.js';
import type { TrackNamespace } from '../../core/wire/full-track-name.js';
import { jsonLine } from './json-line.js';

interface Printer {
  print(line: string): void;
  readonly output: { readonly json: boolean; readonly jsonl: boolean };
}

/** Fields of an event as JSON has them, and the same as a person reads them. */
interface SessionEvent {
  readonly event: string;
  readonly json: Record<string, unknown>;
  readonly text: string;
}

/**
 * Prints what a peer does in a session that we only hold: announcements are accepted, requests for data are refused with
 * UNINTERESTED or NOT_SUPPORTED by the session, and everything is shown.
 */
export class EventPrinter {
  readonly handlers: SessionHandlers;

  constructor(
    private readonly printer: Printer,
    enabled: boolean,
  ) {
    this.handlers = enabled ? this.#all() : {};
  }

  /** A SUBSCRIBE_NAMESPACE of ours was accepted. */
  watching(prefix: TrackNamespace): void {
    this.#emit({ event: 'prefix-accepted', json: { prefix: fieldsOf(prefix) }, text: `tells of ${below(prefix)}` });
  }

  /** The peer has ended it. */
  watchEnded(prefix: TrackNamespace): void {
    const text = `tells no more of ${below(prefix)}`;
    this.#emit({ event: 'prefix-ended', json: { prefix: fieldsOf(prefix) }, text });
  }

  namespace(prefix: TrackNamespace, namespace: TrackNamespace): void {
    this.#emit({
      event: 'namespace',
      json: { prefix: fieldsOf(prefix), namespace: fieldsOf(namespace) },
      text: `has namespace ${formatTuple(namespace)}${slashHint(namespace)}`,
    });
  }

  namespaceDone(prefix: TrackNamespace, namespace: TrackNamespace): void {
    this.#emit({
      event: 'namespace-done',
      json: { prefix: fieldsOf(prefix), namespace: fieldsOf(namespace) },
      text: `has namespace ${formatTuple(namespace)} no more`,
    });
  }

  #all(): SessionHandlers {
    return {
      onPublishNamespace: (request) => {
        const json = { namespace: fieldsOf(request.namespace) };
        this.#emit({
          event: 'publish-namespace',
          json,
          text: `announces ${formatTuple(request.namespace)}${slashHint(request.namespace)}`,
        });
        void request.accept().withdrawn.then(({ kind }) => {
          if (kind !== 'peer') return;
          this.#emit({ event: 'publish-namespace-done', json, text: `withdraws ${formatTuple(request.namespace)}` });
        });
      },
      onPublish: (request) => {
        const track = trackOf(request.track);
        this.#emit({ event: 'publish', json: track.json, text: `publishes ${track.text} (refused: we only watch)` });
        request.reject({ name: 'UNINTERESTED', reason: 'this client only watches' });
      },
      onSubscribe: (request) => {
        const track = trackOf(request.track);
        this.#emit({
          event: 'subscribe',
          json: track.json,
          text: `subscribes to ${track.text} (refused: we publish nothing)`,
        });
        request.reject({ name: 'DOES_NOT_EXIST', reason: 'this client publishes nothing' });
      },
      onSubscribeNamespace: (request) => {
        const prefix = fieldsOf(request.prefix);
        this.#emit({
          event: 'subscribe-namespace',
          json: { prefix, wants: request.wants },
          text: `asks for namespaces below ${formatTuple(request.prefix)}`,
        });
        request.accept();
      },
      onGoAway: ({ newSessionUri, timeoutMs }) => {
        const where = newSessionUri ? ` to ${escapeText(newSessionUri)}` : '';
        const when = timeoutMs ? ` within ${timeoutMs} ms` : '';
        this.#emit({
          event: 'goaway',
          json: { newSessionUri, timeoutMs },
          text: `wants us to go${where}${when} (GOAWAY)`,
        });
      },
    };
  }

  #emit({ event, json, text }: SessionEvent): void {
    const { output } = this.printer;
    this.printer.print(output.json || output.jsonl ? jsonLine({ event, ...json }) : `peer ${text}`);
  }
}

function fieldsOf(namespace: TrackNamespace): string[] {
  return namespace.map((field) => formatTrackName(field));
}

function below(prefix: TrackNamespace): string {
  return prefix.length === 0 ? 'all namespaces' : `the namespaces below ${formatTuple(prefix)}`;
}

function trackOf(track: { namespace: readonly Uint8Array[]; name: Uint8Array }) {
  return {
    json: { namespace: fieldsOf(track.namespace), track: formatTrackName(track.name) },
    text: `${formatNamespace(track.namespace)} ${formatTrackName(track.name)}`,
  };
}

/** One field that contains slashes is the commonest interop mistake: the peer took a path for a tuple. */
function slashHint(namespace: readonly Uint8Array[]): string {
  return namespace.length === 1 && namespace[0]?.includes(0x2f)
    ? ' — one field that contains slashes, not a tuple of fields'
    : '';
}
