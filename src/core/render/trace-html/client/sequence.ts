import type { PageMessage } from '../page-data.js';
import { describe } from './describe.js';
import { byId, coloured, el, svg } from './dom.js';
import { duration } from './format.js';
import { packRows } from './lanes.js';
import { type Model, type Ref, refIndex } from './model.js';
import { familyColour } from './palette.js';
import type { State } from './state.js';
import type { Tooltip } from './tooltip.js';

const ROW = 34;
/** Rows beyond those seen that are kept, above and below. */
const SPARE = 6;
const MAX_BRACKETS = 5;
const PRINTED_ROWS = 1000;

/** Joins the rows of a request and of its answer. */
interface Bracket {
  readonly from: number;
  readonly to: number;
  /** How far out it is. */
  readonly lane: number;
  readonly left: boolean;
  readonly colour: string;
  readonly selected: boolean;
}

/** The messages of both sides as arrows between two lines, states and errors between them; a list for the keyboard. */
export class Sequence {
  readonly #box = byId('sequence-box');
  readonly #note = byId('sequence-note');
  readonly #onlyView = byId<HTMLInputElement>('only-view');
  readonly #space = el('div', { class: 'space' });
  readonly #lines = svg('svg', { 'aria-hidden': 'true' });
  #rows: readonly Ref[] = [];
  #position = new Map<Ref, number>();
  #brackets: readonly Bracket[] = [];
  #asked = false;
  #printing = false;

  constructor(
    private readonly model: Model,
    private readonly state: State,
    tooltip: Tooltip,
  ) {
    this.#box.append(this.#space);
    const { here, there } = model.data;
    byId('sequence-head').append(el('span', {}, ''), this.#sides(here, there), el('span', {}, ''));
    this.#load();
    this.#box.addEventListener('scroll', () => this.#redraw(), { passive: true });
    this.#onlyView.addEventListener('change', () => this.#load());
    new ResizeObserver(() => this.#redraw()).observe(this.#box);
    state.onChange((what) => {
      if (what === 'content' || (what === 'range' && this.#onlyView.checked)) this.#load();
      else if (what === 'select') {
        this.#findBrackets();
        this.#reveal();
      }
      this.#redraw();
    });
    this.#box.addEventListener('click', (event) => {
      const ref = this.#refOf(event);
      if (ref !== null) state.select(ref);
    });
    this.#box.addEventListener('pointermove', (event) => {
      if (event.pointerType === 'mouse') tooltip.show(this.#refOf(event), event.clientX, event.clientY);
    });
    this.#box.addEventListener('pointerleave', () => tooltip.hide());
    this.#box.addEventListener('keydown', (event) => this.#key(event));
    addEventListener('beforeprint', () => this.#print(true));
    addEventListener('afterprint', () => this.#print(false));
  }

  /** The next or previous row; the first one that is in view when nothing is selected. */
  step(by: number): void {
    const at = this.state.selected === null ? -1 : (this.#position.get(this.state.selected) ?? -1);
    const inView = this.#rows.findIndex((ref) => this.model.time(ref) >= this.state.from);
    const next = at === -1 ? Math.max(0, inView) : Math.max(0, Math.min(this.#rows.length - 1, at + by));
    const ref = this.#rows[next];
    if (ref !== undefined) this.state.select(ref);
  }

  #sides(here: string, there: string): HTMLElement {
    const box = el('span', { class: 'sides' });
    box.style.display = 'flex';
    box.style.justifyContent = 'space-between';
    box.append(el('span', {}, here), el('span', {}, there));
    return box;
  }

  #load(): void {
    const { state, model } = this;
    const inView = (ref: Ref) =>
      !this.#onlyView.checked || (model.time(ref) >= state.from && model.time(ref) <= state.to);
    this.#rows = model.rows.filter((ref) => state.shows(ref) && inView(ref));
    this.#position = new Map(this.#rows.map((ref, index) => [ref, index]));
    this.#space.style.height = `${Math.max(1, this.#rows.length) * ROW + 4}px`;
    this.#findBrackets();
    this.#redraw();
  }

  #findBrackets(): void {
    const { data } = this.model;
    const found = data.exchanges.flatMap(({ request, answer }) => {
      const [from, to] = [this.#position.get(`m${request}`), this.#position.get(`m${answer}`)];
      return from === undefined || to === undefined || to <= from ? [] : [{ from, to, request, answer }];
    });
    found.sort((a, b) => a.from - b.from);
    // A bracket stands at the side that asked.
    this.#brackets = [true, false].flatMap((sent) => {
      const some = found.filter(({ request }) => data.messages[request]?.sent === sent);
      const { row } = packRows(some, 0.5, MAX_BRACKETS);
      return some.map(({ from, to, request, answer }, index) => {
        const failed = data.messages[answer]?.family === 'error';
        const selected = this.state.selected === `m${request}` || this.state.selected === `m${answer}`;
        const colour = familyColour(failed ? 'error' : (data.messages[request]?.family ?? 'session'));
        return { from, to, lane: row[index] as number, left: sent, colour, selected };
      });
    });
  }

  #redraw(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#draw();
    });
  }

  #draw(): void {
    const box = this.#box;
    const first = this.#printing ? 0 : Math.max(0, Math.floor(box.scrollTop / ROW) - SPARE);
    const seen = this.#printing ? PRINTED_ROWS : Math.ceil(box.clientHeight / ROW) + 2 * SPARE;
    const last = Math.min(this.#rows.length, first + seen);
    this.#note.hidden = !(this.#printing && this.#rows.length > PRINTED_ROWS);
    this.#note.textContent = `The first ${PRINTED_ROWS} of ${this.#rows.length} rows are printed.`;
    if (this.#rows.length === 0) {
      this.#space.replaceChildren(
        el('p', { class: 'empty' }, 'No messages here: the filters or the time in view leave none.'),
      );
      return;
    }
    const wide = !matchMedia('(max-width: 760px)').matches;
    const width = wide ? 400 : Math.max(160, box.clientWidth - 66);
    const nodes: HTMLElement[] = [];
    const drawing: SVGElement[] = [];
    const [left, right] = [wide ? 46 : 34, width - (wide ? 46 : 34)];
    const height = (last - first) * ROW;
    for (const x of [left, right]) {
      drawing.push(
        svg('line', {
          x1: x,
          x2: x,
          y1: first * ROW,
          y2: first * ROW + height,
          stroke: 'var(--line)',
          'stroke-width': 2,
        }),
      );
    }
    for (const bracket of this.#brackets) {
      if (bracket.to < first || bracket.from >= last) continue;
      drawing.push(this.#bracket(bracket, bracket.left ? left : right));
    }
    for (let index = first; index < last; index++) {
      const ref = this.#rows[index] as Ref;
      nodes.push(this.#row(ref, index));
      const message = this.model.message(ref);
      if (message !== null) drawing.push(arrow(message, left, right, index * ROW + 24));
    }
    this.#lines.setAttribute('width', String(width));
    this.#lines.setAttribute('height', String(this.#rows.length * ROW));
    this.#lines.replaceChildren(...drawing);
    this.#space.replaceChildren(...nodes, this.#lines);
    const { selected } = this.state;
    if (selected !== null && this.#position.has(selected)) box.setAttribute('aria-activedescendant', `row-${selected}`);
    else box.removeAttribute('aria-activedescendant');
  }

  #bracket({ from, to, lane, left, colour, selected }: Bracket, x: number): SVGElement {
    const out = x + (left ? -1 : 1) * (8 + lane * 6);
    const [y1, y2] = [from * ROW + 24, to * ROW + 24];
    const turn = left ? 4 : -4;
    return svg('path', {
      d: `M${x} ${y1}H${out + turn}Q${out} ${y1} ${out} ${y1 + 4}V${y2 - 4}Q${out} ${y2} ${out + turn} ${y2}H${x}`,
      fill: 'none',
      stroke: `var(--${colour})`,
      'stroke-width': selected ? 2.5 : 1.25,
      opacity: selected ? 1 : 0.55,
    });
  }

  #row(ref: Ref, index: number): HTMLElement {
    const { model, state } = this;
    const t = model.time(ref);
    const message = model.message(ref);
    const mark = model.mark(ref);
    const row = el('div', {
      class: `row${mark === null ? '' : ` mark ${mark.kind}`}${state.matchSet.has(ref) ? ' match' : ''}${t < state.from || t > state.to ? ' outside' : ''}`,
      id: `row-${ref}`,
      role: 'option',
      'data-ref': ref,
      'aria-selected': String(ref === state.selected),
      'aria-setsize': String(this.#rows.length),
      'aria-posinset': String(index + 1),
      'aria-label': this.#spoken(ref),
    });
    row.style.top = `${index * ROW}px`;
    row.append(el('span', { class: 'time' }, duration(t)));
    if (message !== null) {
      row.append(coloured(el('span', { class: 'label' }, message.name), familyColour(message.family)));
      const wait = this.#wait(ref, message);
      row.append(
        el(
          'span',
          { class: 'text' },
          el('small', {}, message.summary),
          wait === null ? null : el('span', { class: 'wait' }, wait),
        ),
      );
    } else if (mark !== null) {
      const took = mark.from < mark.t ? ` ${duration(mark.t - mark.from)}` : '';
      row.append(
        el('span', { class: 'label' }, `${mark.kind === 'stage' ? 'stage ' : ''}${mark.title}${took}`),
        el('span', { class: 'text' }),
      );
    }
    return row;
  }

  #wait(ref: Ref, message: PageMessage): string | null {
    const exchange = this.model.data.exchanges[message.exchange];
    const request = this.model.data.messages[exchange?.request ?? -1];
    return exchange?.answer === refIndex(ref) && request !== undefined
      ? `after ${duration(message.t - request.t)}`
      : null;
  }

  #spoken(ref: Ref): string {
    const { title, sub, facts } = describe(this.model, ref);
    const said = facts
      .filter(([name]) => ['time', 'answers', 'answered by', 'took'].includes(name))
      .map(([name, value]) => `${name} ${String(value)}`);
    const message = this.model.message(ref);
    const direction = message === null ? '' : message.sent ? 'sent ' : 'received ';
    return `${direction}${title}${sub === '' ? '' : `, ${sub}`}, ${said.join(', ')}`;
  }

  #refOf(event: Event): Ref | null {
    const row = event.target instanceof Element ? event.target.closest('[data-ref]') : null;
    return (row?.getAttribute('data-ref') as Ref | undefined) ?? null;
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.#box.clientHeight / ROW) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const by = steps[event.key];
    if (by !== undefined) this.step(by);
    else if (event.key === 'Escape') this.state.select(null);
    else return;
    event.preventDefault();
  }

  #reveal(): void {
    const { selected } = this.state;
    const index = selected === null ? undefined : this.#position.get(selected);
    if (index === undefined) return;
    const box = this.#box;
    if (index * ROW < box.scrollTop) box.scrollTop = Math.max(0, index * ROW - ROW);
    else if ((index + 1) * ROW > box.scrollTop + box.clientHeight) box.scrollTop = (index + 2) * ROW - box.clientHeight;
  }

  #print(on: boolean): void {
    this.#printing = on;
    this.#space.style.height = `${Math.max(1, Math.min(this.#rows.length, on ? PRINTED_ROWS : this.#rows.length)) * ROW + 4}px`;
    this.#draw();
  }
}

function arrow({ sent, family }: PageMessage, left: number, right: number, y: number): SVGElement {
  const colour = `var(--${familyColour(family)})`;
  const [from, to, back] = sent ? [left, right, -8] : [right, left, 8];
  return svg(
    'g',
    {},
    svg('circle', { cx: from, cy: y, r: 3, fill: colour }),
    svg('line', { x1: from, x2: to + back, y1: y, y2: y, stroke: colour, 'stroke-width': 1.5 }),
    svg('path', { d: `M${to} ${y}l${back} -4.5v9z`, fill: colour }),
  );
}
