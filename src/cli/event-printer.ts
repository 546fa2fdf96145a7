import type { SessionHandlers } from '../core/session/session.js';
import { formatNamespace, formatTrackName, formatTuple } from '../core/url/namespace.js';
import { escapeText } from '../core/util/escape.js';

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

  #all(): SessionHandlers {
    return {
      onPublishNamespace: (request) => {
        const json = { namespace: request.namespace.map((field) => formatTrackName(field)) };
        this.#emit({
          event: 'publish-namespace',
          json,
          text: `announces ${formatTuple(request.namespace)}${slashHint(request.namespace)}`,
        });
        void request.accept().withdrawn.then(() => {
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
        const prefix = request.prefix.map((field) => formatTrackName(field));
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
    this.printer.print(output.json || output.jsonl ? JSON.stringify({ event, ...json }) : `peer ${text}`);
  }
}

function trackOf(track: { namespace: readonly Uint8Array[]; name: Uint8Array }) {
  return {
    json: { namespace: track.namespace.map((field) => formatTrackName(field)), track: formatTrackName(track.name) },
    text: `${formatNamespace(track.namespace)} ${formatTrackName(track.name)}`,
  };
}

/** One field that contains slashes is the commonest interop mistake: the peer took a path for a tuple. */
function slashHint(namespace: readonly Uint8Array[]): string {
  return namespace.length === 1 && namespace[0]?.includes(0x2f)
    ? ' — one field that contains slashes, not a tuple of fields'
    : '';
}
