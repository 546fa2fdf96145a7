import type { StreamOpenedEvent } from '../../records/trace-event.js';
import type { MessageFacts } from './messages.js';
import type { PageExchange, PageTrack } from './page-data.js';

/** Which track a stream belongs to, by its alias or, for a fetch stream, by its request. */
export class TrackTable {
  readonly tracks: PageTrack[] = [];
  readonly #byText = new Map<string, number>();
  /** Names by peer, direction of the data, and alias. */
  readonly #aliases = new Map<string, string>();
  /** Names by peer and Request ID. */
  readonly #requests = new Map<string, string>();

  constructor(messages: readonly MessageFacts[], exchanges: readonly PageExchange[], of: readonly number[]) {
    for (const [index, message] of messages.entries()) {
      const request = messages[exchanges[of[index] ?? -1]?.request ?? index] ?? message;
      const name = message.track ?? request.track;
      if (name === null) continue;
      // Whoever names the alias is who sends the data.
      if (message.alias !== null)
        this.#aliases.set(aliasKey(message.page.peer, message.page.sent, message.alias), name);
      if (message.requestId !== null && message.track !== null) {
        this.#requests.set(`${message.page.peer}/${message.requestId}`, name);
      }
    }
  }

  ofStream(event: StreamOpenedEvent, peer: number): number {
    const sent = event.direction === 'sent';
    return this.#index(peer, sent, this.#name(event, peer, sent));
  }

  /** For objects on a stream whose beginning the trace does not have. */
  unknown(peer: number): number {
    return this.#index(peer, false, 'streams that began before the trace');
  }

  #name(event: StreamOpenedEvent, peer: number, sent: boolean): string {
    const { trackAlias, fetchRequestId } = event;
    if (fetchRequestId !== undefined) {
      const track = this.#requests.get(`${peer}/${fetchRequestId}`);
      return `${track ?? `request ${fetchRequestId}`} (fetch)`;
    }
    if (trackAlias === undefined) return event.streamType;
    return this.#aliases.get(aliasKey(peer, sent, trackAlias.toString())) ?? `alias ${trackAlias}`;
  }

  #index(peer: number, sent: boolean, name: string): number {
    const key = `${peer}/${sent}/${name}`;
    let index = this.#byText.get(key);
    if (index === undefined) {
      index = this.tracks.push({ peer, sent, name }) - 1;
      this.#byText.set(key, index);
    }
    return index;
  }
}

function aliasKey(peer: number, sent: boolean, alias: string): string {
  return `${peer}/${sent}/${alias}`;
}
