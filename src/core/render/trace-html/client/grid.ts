import { byId, coloured, el } from './dom.js';
import { bytes, plural } from './format.js';
import { type GridRow, gridRows } from './gaps.js';
import type { Model, Ref } from './model.js';
import { type Frame, ScrollCanvas } from './scroll-canvas.js';
import type { State } from './state.js';
import type { Tooltip } from './tooltip.js';

const ROW = 16;
const HEAD = 22;
const MAX_HEIGHT = 420;
const LABEL = 92;
const MAX_CELL = 26;

/** The objects of one track: a row for each group, a cell for each object, hollow where one was not seen. */
export class Grid {
  readonly #canvas: ScrollCanvas;
  readonly #select = byId<HTMLSelectElement>('grid-track');
  #rows: readonly GridRow[] = [];
  #widest = 1;
  #largest = 1;

  constructor(
    private readonly model: Model,
    private readonly state: State,
    tooltip: Tooltip,
  ) {
    const { data } = model;
    const used = new Set(data.objects.stream.map((stream) => data.streams[stream]?.track ?? -1));
    byId('grid-panel').hidden = used.size === 0;
    for (const [index, { name, sent }] of data.tracks.entries()) {
      if (used.has(index)) this.#select.append(el('option', { value: String(index) }, `${sent ? '↑' : '↓'} ${name}`));
    }
    this.#canvas = new ScrollCanvas(byId('grid'), (frame) => this.#draw(frame));
    this.#select.addEventListener('change', () => this.#load());
    state.onChange(() => this.#canvas.redraw());
    const { box } = this.#canvas;
    box.addEventListener('pointermove', (event) => tooltip.show(this.#at(event), event.clientX, event.clientY));
    box.addEventListener('pointerleave', () => tooltip.hide());
    box.addEventListener('click', (event) => {
      const ref = this.#at(event);
      if (ref !== null) state.select(ref);
    });
    byId('grid-legend').append(
      coloured(el('li', {}, el('i'), 'small'), 'grid-low'),
      coloured(el('li', {}, el('i'), 'large payload'), 'grid-high'),
      el('li', { class: 'c-gap' }, el('i'), 'not seen'),
      coloured(el('li', {}, el('i'), 'end of group or track'), 'warn'),
    );
    if (used.size > 0) this.#load();
  }

  #load(): void {
    const { objects, streams } = this.model.data;
    const track = Number(this.#select.value);
    const found: [string, string, number][] = [];
    for (let i = 0; i < objects.t.length; i++) {
      if (streams[objects.stream[i] as number]?.track === track)
        found.push([objects.group[i] as string, objects.object[i] as string, i]);
    }
    const { rows, missingObjects, missingGroups } = gridRows(found);
    this.#rows = rows;
    this.#widest = this.#largest = 1;
    for (const row of rows) if (row.kind === 'group') this.#widest = Math.max(this.#widest, row.last + 1);
    for (const [, , index] of found) this.#largest = Math.max(this.#largest, objects.size[index] ?? 0);
    const groups = rows.filter(({ kind }) => kind === 'group').length;
    const gaps =
      missingObjects === 0 && missingGroups === 0n
        ? 'no gaps'
        : `not seen: ${plural(missingObjects, 'object')} within groups, ${plural(Number(missingGroups), 'whole group')}`;
    byId('grid-note').textContent =
      `${plural(groups, 'group')}, ${plural(found.length, 'object')}, the largest ${bytes(this.#largest)}; ${gaps}.`;
    this.#canvas.box.scrollTop = 0;
    this.#canvas.resize(HEAD + rows.length * ROW + 6, MAX_HEIGHT);
  }

  #cell(width: number): number {
    return Math.min(MAX_CELL, (width - LABEL - 12) / this.#widest);
  }

  #draw({ context, palette, width, height, top }: Frame): void {
    const cell = this.#cell(width);
    const first = Math.max(0, Math.floor((top - HEAD) / ROW));
    const last = Math.min(this.#rows.length, Math.ceil((top + height - HEAD) / ROW) + 1);
    context.textBaseline = 'middle';
    for (let index = first; index < last; index++) {
      const row = this.#rows[index] as GridRow;
      const y = HEAD + index * ROW - top;
      context.font = `11px ${palette.mono}`;
      context.textAlign = 'right';
      context.fillStyle = row.kind === 'group' ? palette.muted : palette.bad;
      if (row.kind === 'absent') {
        context.textAlign = 'left';
        const text =
          row.from === row.to ? `group ${row.from} not seen` : `groups ${row.from}–${row.to} not seen (${row.count})`;
        context.fillText(text, LABEL, y + ROW / 2);
        continue;
      }
      context.fillText(row.group, LABEL - 10, y + ROW / 2);
      this.#drawGroup(context, palette, row, y, cell);
    }
    context.fillStyle = palette.sunken;
    context.fillRect(0, 0, width, HEAD - 2);
    context.font = `11px ${palette.sans}`;
    context.textAlign = 'right';
    context.fillStyle = palette.muted;
    context.fillText('group', LABEL - 10, HEAD / 2);
    context.textAlign = 'left';
    context.fillText('object 0', LABEL, HEAD / 2);
    if (this.#widest > 8) {
      context.textAlign = 'right';
      context.fillText(`object ${this.#widest - 1}`, LABEL + cell * this.#widest, HEAD / 2);
    }
  }

  #drawGroup(
    context: CanvasRenderingContext2D,
    palette: Frame['palette'],
    row: GridRow & { kind: 'group' },
    y: number,
    cell: number,
  ): void {
    const { size, status } = this.model.data.objects;
    const space = cell > 5 ? 1.5 : cell > 3 ? 0.5 : 0;
    if (row.missing > 0) this.#drawMissing(context, palette.bad, row, y, cell, space);
    for (const [object, index] of row.objects) {
      const part = Math.sqrt(Math.max(0, size[index] ?? 0) / this.#largest);
      const x = LABEL + object * cell;
      context.fillStyle = palette['grid-low'];
      context.fillRect(x, y + 2, Math.max(0.75, cell - space), ROW - 4);
      context.globalAlpha = part;
      context.fillStyle = palette['grid-high'];
      context.fillRect(x, y + 2, Math.max(0.75, cell - space), ROW - 4);
      context.globalAlpha = 1;
      if ((status[index] ?? 0) !== 0) {
        context.fillStyle = palette.warn;
        context.fillRect(x, y + 2, Math.max(1.5, cell - space), ROW - 4);
      }
      if (this.state.selected === `o${index}` || this.state.matchSet.has(`o${index}`)) {
        context.strokeStyle = palette.ink;
        context.lineWidth = 2;
        context.strokeRect(x - 0.5, y + 1, Math.max(3, cell - space + 1), ROW - 2);
        context.lineWidth = 1;
      }
    }
  }

  /** Cell by cell where cells are large enough, otherwise one bar for each stretch: IDs may be as far apart as they like. */
  #drawMissing(
    context: CanvasRenderingContext2D,
    colour: string,
    row: GridRow & { kind: 'group' },
    y: number,
    cell: number,
    space: number,
  ): void {
    context.strokeStyle = context.fillStyle = colour;
    let expected = row.first;
    for (const object of row.objects.keys()) {
      if (object > expected && cell <= 5) {
        context.fillRect(LABEL + expected * cell, y + ROW - 4, Math.max(1, (object - expected) * cell), 2);
      } else {
        for (; expected < object; expected++) {
          context.strokeRect(LABEL + expected * cell + 1, y + 2.5, cell - space - 1.5, ROW - 5);
        }
      }
      expected = object + 1;
    }
  }

  #at(event: MouseEvent): Ref | null {
    const { x, y } = this.#canvas.locate(event);
    if (y < HEAD - 2 || x < LABEL) return null;
    const row = this.#rows[Math.floor((y + this.#canvas.box.scrollTop - HEAD) / ROW)];
    if (row?.kind !== 'group') return null;
    const found = row.objects.get(Math.floor((x - LABEL) / this.#cell(this.#canvas.box.clientWidth)));
    return found === undefined ? null : `o${found}`;
  }
}
