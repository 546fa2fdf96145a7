import type { TraceEvent } from '../../records/trace-event.js';
import { pageText } from './fields.js';
import { errorText } from './marks.js';
import type { MessageFacts } from './messages.js';
import { codeText, type TraceCodeSpace, type TraceNames } from './names.js';
import type { PageEnding } from './page-data.js';

const MAX_ENDINGS = 12;

/** Gathers how things ended: the same end twice is one with a count. */
export class Endings {
  #isClosed = false;
  #hasErrors = false;
  readonly #found = new Map<string, PageEnding & { count: number }>();

  constructor(private readonly names: TraceNames) {}

  event(event: TraceEvent): void {
    if (event.kind === 9) this.#code('session', 'session closed', event.errorCode, event.reason);
    else if (event.kind === 5 && event.to === 'closed') this.#isClosed = true;
    else if (event.kind === 6) {
      const what = event.errorKind === undefined ? 'error' : `${pageText(event.errorKind)} error`;
      const meaning = event.errorKind === 'transport' ? '' : this.names.code('session', event.errorCode)?.meaning;
      this.#hasErrors = true;
      this.#add(`${what}: ${errorText(event, this.names)}`, meaning ?? '', false);
    }
  }

  message({ page, code }: MessageFacts): void {
    if (code !== null) this.#code(code.space, page.name, code.value, undefined);
  }

  reset(code: bigint, times: number): void {
    for (let i = 0; i < times; i++) this.#code('stream-reset', 'stream reset', code, undefined);
  }

  /** What went wrong first, then the orderly ends. */
  all(): readonly PageEnding[] {
    if (this.#isClosed && !this.#hasErrors) this.#add('session closed', 'in order, without an error', true);
    return [...this.#found.values()].sort((a, b) => Number(a.good) - Number(b.good)).slice(0, MAX_ENDINGS);
  }

  #code(space: TraceCodeSpace, what: string, code: bigint, reason: string | undefined): void {
    const named = this.names.code(space, code);
    const said = reason === undefined || reason === '' || reason === named?.name ? '' : ` “${pageText(reason)}”`;
    const good = isGood(space, named?.name ?? '');
    this.#add(`${what}: ${codeText(this.names, space, code)}${said}`, named?.meaning ?? '', good);
  }

  #add(text: string, meaning: string, good: boolean): void {
    const known = this.#found.get(text);
    if (known === undefined) this.#found.set(text, { text, meaning: pageText(meaning), good, count: 1 });
    else known.count++;
  }
}

function isGood(space: TraceCodeSpace, name: string): boolean {
  if (space === 'session') return name === 'NO_ERROR';
  return space === 'publish-done' && ['TRACK_ENDED', 'SUBSCRIPTION_ENDED', 'UNSUBSCRIBED'].includes(name);
}
