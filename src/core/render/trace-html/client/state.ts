import type { Model, Ref } from './model.js';

export const FILTERS = [
  ['control', 'Messages', 'subscribe'],
  ['streams', 'Streams', 'received'],
  ['objects', 'Objects', 'grid-high'],
  ['error', 'Errors', 'bad'],
  ['state', 'States', 'good'],
  ['note', 'Annotations', 'warn'],
  ['received', 'Received', 'received'],
  ['sent', 'Sent', 'sent'],
] as const;
export type Filter = (typeof FILTERS)[number][0];

/** No closer than this, µs: the clock of a trace has no finer times. */
const MIN_RANGE = 20;

/** What the person looks at. Views draw from it, and change it only through its methods. */
export class State {
  from: number;
  to: number;
  selected: Ref | null = null;
  /** What the search found, in order of time; null without a search. */
  matches: readonly Ref[] | null = null;
  matchSet: ReadonlySet<Ref> = new Set();
  /** Of `peers`; -1 for all. */
  peer = -1;
  readonly shown = new Set<Filter>(FILTERS.map(([name]) => name));
  readonly first: number;
  readonly last: number;
  #listeners: ((what: 'range' | 'select' | 'content') => void)[] = [];

  constructor(readonly model: Model) {
    const { begin, end } = model.data;
    const margin = Math.max(1, (end - begin) * 0.015);
    this.first = this.from = begin - margin;
    this.last = this.to = end + margin;
  }

  onChange(listener: (what: 'range' | 'select' | 'content') => void): void {
    this.#listeners.push(listener);
  }

  look(from: number, to: number): void {
    const whole = this.last - this.first;
    const range = Math.min(whole, Math.max(MIN_RANGE, to - from));
    const middle = (from + to) / 2;
    const start = Math.min(this.last - range, Math.max(this.first, middle - range / 2));
    if (start === this.from && start + range === this.to) return;
    [this.from, this.to] = [start, start + range];
    this.#tell('range');
  }

  /** `factor` below 1 shows less time, more closely, around `at`. */
  zoom(factor: number, at = (this.from + this.to) / 2): void {
    const range = Math.max(MIN_RANGE, (this.to - this.from) * factor);
    const part = (at - this.from) / (this.to - this.from);
    this.look(at - part * range, at + (1 - part) * range);
  }

  pan(part: number): void {
    const by = (this.to - this.from) * part;
    this.look(this.from + by, this.to + by);
  }

  showAll(): void {
    this.look(this.first, this.last);
  }

  select(ref: Ref | null): void {
    this.selected = ref;
    if (ref !== null) {
      const t = this.model.time(ref);
      const range = this.to - this.from;
      if (t < this.from || t > this.to) this.look(t - range / 2, t + range / 2);
    }
    this.#tell('select');
  }

  found(matches: readonly Ref[] | null): void {
    this.matches = matches;
    this.matchSet = new Set(matches ?? []);
    this.#tell('content');
  }

  toggle(filter: Filter, on: boolean): void {
    if (on) this.shown.add(filter);
    else this.shown.delete(filter);
    this.#tell('content');
  }

  choosePeer(peer: number): void {
    this.peer = peer;
    this.#tell('content');
  }

  /** Whether filters leave an item in. */
  shows(ref: Ref): boolean {
    const { model } = this;
    const message = model.message(ref);
    if (message !== null) return this.shown.has('control') && this.#direction(message.sent) && this.#peer(message.peer);
    const mark = model.mark(ref);
    if (mark !== null) return this.shown.has(mark.kind === 'stage' ? 'state' : mark.kind) && this.#peer(mark.peer);
    const stream = ref.startsWith('s') ? model.stream(ref) : null;
    return stream === null ? this.shown.has('objects') : this.shown.has('streams') && this.showsTrack(stream.track);
  }

  showsTrack(track: number): boolean {
    const found = this.model.data.tracks[track];
    return found !== undefined && this.#direction(found.sent) && this.#peer(found.peer);
  }

  #direction(sent: boolean): boolean {
    return this.shown.has(sent ? 'sent' : 'received');
  }

  #peer(peer: number): boolean {
    return this.peer === -1 || peer === this.peer;
  }

  #tell(what: 'range' | 'select' | 'content'): void {
    for (const listener of this.#listeners) listener(what);
  }
}
