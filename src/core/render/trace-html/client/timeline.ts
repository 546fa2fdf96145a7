import { byId } from './dom.js';
import { lowerBound } from './lanes.js';
import { type Model, type Ref, refIndex } from './model.js';
import { type Colour, familyColour } from './palette.js';
import { setUpKeys, setUpPanZoom } from './pan-zoom.js';
import { type Frame, ScrollCanvas } from './scroll-canvas.js';
import type { State } from './state.js';
import { fitText, TimeScale } from './time-scale.js';
import { AXIS_HEIGHT, itemAt, type Layout, layOut, type Row, spanOf } from './timeline-layout.js';
import type { Tooltip } from './tooltip.js';

const MAX_HEIGHT = 520;
const REACH_PIXELS = 6;

/** Everything over time: marks, messages, requests, and streams as lanes with their objects. */
export class Timeline {
  readonly #canvas: ScrollCanvas;
  #layout: Layout;
  #hovered: Ref | null = null;
  #marked: readonly [number, number] | null = null;

  constructor(
    private readonly model: Model,
    private readonly state: State,
    private readonly tooltip: Tooltip,
    step: (by: 1 | -1) => void,
  ) {
    this.#layout = layOut(model, state);
    const box = byId('timeline');
    this.#canvas = new ScrollCanvas(box, (frame) => this.#draw(frame));
    this.#canvas.resize(this.#layout.height, MAX_HEIGHT);
    state.onChange((what) => {
      if (what === 'content') {
        this.#layout = layOut(model, state);
        this.#canvas.resize(this.#layout.height, MAX_HEIGHT);
      }
      if (what === 'select') this.#reveal();
      this.#canvas.redraw();
    });
    setUpPanZoom(box, state, {
      hover: (event) => this.#hover(event),
      leave: () => {
        this.#hovered = null;
        tooltip.hide();
        this.#canvas.redraw();
      },
      click: (event) => state.select(this.#at(event)),
      marking: (range) => {
        this.#marked = range;
        this.#canvas.redraw();
      },
    });
    setUpKeys(box, state, step);
  }

  #hover(event: MouseEvent): void {
    const ref = this.#at(event);
    this.tooltip.show(ref, event.clientX, event.clientY);
    if (ref === this.#hovered) return;
    this.#hovered = ref;
    this.#canvas.redraw();
  }

  #at(event: MouseEvent): Ref | null {
    const { x, y } = this.#canvas.locate(event);
    const scale = new TimeScale(this.state, this.#canvas.box.clientWidth);
    if (x < scale.left - REACH_PIXELS || y < AXIS_HEIGHT) return null;
    const at = y + this.#canvas.box.scrollTop;
    const row = this.#layout.rows.find((one) => at >= one.y && at < one.y + one.height);
    if (row === undefined) return null;
    const t = scale.t(x);
    const found = itemAt(this.model, row, t, scale.length(REACH_PIXELS));
    return found === null || row.kind !== 'streams' ? found : (this.#objectAt(found, t, scale.length(3)) ?? found);
  }

  /** Objects can be pointed at where they are drawn apart from one another. */
  #objectAt(ref: Ref, t: number, reach: number): Ref | null {
    const objects = this.model.objectsOf[refIndex(ref)] ?? [];
    if (!this.state.shown.has('objects')) return null;
    const { t: times } = this.model.data.objects;
    const after = lowerBound(objects.length, (index) => times[objects[index] as number] ?? 0, t - reach);
    const object = objects[after];
    if (object === undefined || Math.abs((times[object] ?? 0) - t) > reach) return null;
    const next = objects[after + 1];
    return next !== undefined && (times[next] ?? 0) - (times[object] ?? 0) < reach ? null : `o${object}`;
  }

  #draw(frame: Frame): void {
    const { context, palette, width, height, top } = frame;
    const scale = new TimeScale(this.state, width);
    scale.drawAxis(frame, 11, height);
    context.save();
    context.beginPath();
    context.rect(0, AXIS_HEIGHT, width, height);
    context.clip();
    context.translate(0, -top);
    const { rows, headings } = this.#layout;
    for (const row of rows) {
      if (row.y + row.height < top || row.y > top + height) continue;
      this.#label(frame, scale, row);
      context.save();
      scale.clip(context, row.y - 1, row.height + 2);
      this.#drawRow(frame, scale, row);
      context.restore();
    }
    for (const { y, text, note } of headings) {
      if (y + 20 < top || y > top + height) continue;
      context.textAlign = 'left';
      context.textBaseline = 'middle';
      context.font = `600 12px ${palette.sans}`;
      context.fillStyle = palette.ink;
      const title = fitText(context, text, width - 150);
      context.fillText(title, 10, y + 12);
      const after = 10 + context.measureText(title).width + 10;
      context.font = `11px ${palette.sans}`;
      context.fillStyle = palette.muted;
      context.fillText(fitText(context, note, width - after - 8), after, y + 12);
    }
    context.restore();
    if (this.#marked !== null) {
      const [from, to] = this.#marked.map((t) => scale.x(t)) as [number, number];
      context.globalAlpha = 0.18;
      context.fillStyle = palette.accent;
      context.fillRect(from, AXIS_HEIGHT, to - from, height);
      context.globalAlpha = 1;
    }
  }

  #label({ context, palette }: Frame, scale: TimeScale, row: Row): void {
    if (row.label === '') return;
    context.font = `12px ${palette.sans}`;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillStyle = palette.muted;
    context.fillText(fitText(context, row.label, scale.left - 14), 10, row.y + row.height / 2 + 1);
  }

  #drawRow(frame: Frame, scale: TimeScale, row: Row): void {
    const { items } = row;
    const { from, to } = this.state;
    // Items before the window matter only while they last into it; marks and messages last no longer than a moment.
    const first = row.kind === 'marks' || row.kind === 'messages' ? 0 : this.#firstThatLasts(row, from);
    let lastX = Number.NEGATIVE_INFINITY;
    for (let index = first; index < items.length; index++) {
      const ref = items[index] as Ref;
      const span = spanOf(this.model, row, ref);
      if (span.from > to) break;
      if (span.to < from) continue;
      const [x, end] = [scale.x(span.from), scale.x(span.to)];
      const special = ref === this.state.selected || ref === this.#hovered || this.state.matchSet.has(ref);
      // Thousands of items on one pixel are one item on the screen.
      if (!special && end - lastX < 0.5 && end - x < 2) continue;
      lastX = end;
      if (row.kind === 'streams') this.#stream(frame, row, ref, x, end);
      else if (row.kind === 'requests') this.#request(frame, row, ref, x, end);
      else if (row.kind === 'marks') this.#mark(frame, row, ref, x, end);
      else this.#message(frame, row, ref, x);
      if (special) this.#emphasise(frame, row, ref, x, end);
    }
  }

  #firstThatLasts(row: Row, from: number): number {
    const { items } = row;
    return Math.max(0, lowerBound(items.length, (index) => spanOf(this.model, row, items[index] as Ref).to, from) - 1);
  }

  #stream({ context, palette }: Frame, row: Row, ref: Ref, x: number, end: number): void {
    const stream = this.model.stream(ref);
    if (stream === null) return;
    const sent = this.model.data.tracks[stream.track]?.sent === true;
    const colour = palette[sent ? 'sent' : 'received'];
    const [y, height] = [row.y + 2, row.height - 4];
    if (stream.type === 'datagram') {
      context.fillStyle = colour;
      context.fillRect(x - 1, y, 2, height);
      return;
    }
    const length = Math.max(2, end - x);
    if (stream.end === null && length > 12) {
      const fade = context.createLinearGradient(Math.max(x, end - 40), 0, end, 0);
      fade.addColorStop(0, colour);
      fade.addColorStop(1, palette.sunken);
      context.fillStyle = fade;
    } else context.fillStyle = colour;
    context.globalAlpha = this.state.matches !== null && !this.state.matchSet.has(ref) ? 0.35 : 1;
    context.beginPath();
    context.roundRect(x, y, length, height, Math.min(3, length / 2));
    context.fill();
    if (length > 5 && this.state.shown.has('objects')) this.#objects(context, palette.tick, ref, x, end, y, height);
    context.globalAlpha = 1;
    if (stream.reset !== null) {
      context.fillStyle = palette.bad;
      context.fillRect(x + length - 3, y - 1.5, 3.5, height + 3);
    }
  }

  #objects(
    context: CanvasRenderingContext2D,
    colour: string,
    ref: Ref,
    x: number,
    end: number,
    y: number,
    height: number,
  ): void {
    const objects = this.model.objectsOf[refIndex(ref)] ?? [];
    const times = this.model.data.objects.t;
    const scale = new TimeScale(this.state, this.#canvas.box.clientWidth);
    const first = lowerBound(objects.length, (index) => times[objects[index] as number] ?? 0, this.state.from);
    context.fillStyle = colour;
    let last = x + 1.5;
    for (let index = first; index < objects.length; index++) {
      const t = times[objects[index] as number] ?? 0;
      if (t > this.state.to) break;
      const at = scale.x(t);
      if (at - last < 3 || end - at < 2) continue;
      last = at;
      context.fillRect(at - 0.5, y + 1.5, 1, height - 3);
    }
  }

  #request({ context, palette }: Frame, row: Row, ref: Ref, x: number, end: number): void {
    const request = this.model.message(ref);
    if (request === null) return;
    const answer = this.model.data.messages[this.model.data.exchanges[request.exchange]?.answer ?? -1];
    const colour = palette[familyColour(answer?.family === 'error' ? 'error' : request.family)];
    const length = Math.max(2, end - x);
    context.fillStyle = context.strokeStyle = colour;
    context.globalAlpha = 0.25;
    context.fillRect(x, row.y + 2, length, row.height - 4);
    context.globalAlpha = 1;
    context.fillRect(x, row.y + 2, 2, row.height - 4);
    context.fillRect(x + length - 2, row.y + 2, 2, row.height - 4);
    if (length < 40) return;
    context.font = `10px ${palette.sans}`;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillText(fitText(context, request.name, length - 10), Math.max(x, 0) + 5, row.y + row.height / 2 + 0.5);
  }

  #message({ context, palette }: Frame, row: Row, ref: Ref, x: number): void {
    const message = this.model.message(ref);
    if (message === null) return;
    context.globalAlpha = this.state.matches !== null && !this.state.matchSet.has(ref) ? 0.3 : 1;
    context.fillStyle = palette[familyColour(message.family)];
    const [middle, size] = [row.y + row.height / 2, 5];
    const tip = message.sent ? -size : size;
    context.beginPath();
    context.moveTo(x, middle + tip);
    context.lineTo(x + 4.5, middle - tip * 0.8);
    context.lineTo(x - 4.5, middle - tip * 0.8);
    context.fill();
    context.globalAlpha = 1;
  }

  #mark({ context, palette }: Frame, row: Row, ref: Ref, x: number, end: number): void {
    const mark = this.model.mark(ref);
    if (mark === null) return;
    const colour: Colour =
      mark.kind === 'error' ? 'bad' : mark.kind === 'note' ? 'warn' : mark.kind === 'stage' ? 'setup' : 'good';
    context.fillStyle = palette[colour];
    const middle = row.y + row.height / 2;
    if (mark.kind === 'stage' && end - x > 3) {
      context.globalAlpha = 0.3;
      context.fillRect(x + 0.5, row.y + 4, end - x - 1, row.height - 8);
      context.globalAlpha = 1;
      context.font = `10.5px ${palette.sans}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillStyle = palette.ink;
      if (end - x > 24) context.fillText(fitText(context, mark.title, end - x - 6), (x + end) / 2, middle + 0.5);
      return;
    }
    context.beginPath();
    if (mark.kind === 'error') {
      context.moveTo(end, middle - 7);
      context.lineTo(end + 7, middle);
      context.lineTo(end, middle + 7);
      context.lineTo(end - 7, middle);
    } else context.arc(end, middle, 4.5, 0, 2 * Math.PI);
    context.fill();
  }

  #emphasise({ context, palette }: Frame, row: Row, ref: Ref, x: number, end: number): void {
    const point = row.kind === 'marks' || row.kind === 'messages';
    context.strokeStyle = ref === this.state.selected ? palette.ink : palette.warn;
    context.lineWidth = ref === this.state.selected ? 2 : 1.25;
    const left = (point ? Math.min(x, end - 7) : x) - 1.5;
    const right = (point ? end + 7 : Math.max(end, x + 2)) + 1.5;
    context.beginPath();
    context.roundRect(left, row.y + 0.5, right - left, row.height - 1, 4);
    context.stroke();
    context.lineWidth = 1;
  }

  /** Scrolls the lane of what is selected into view. */
  #reveal(): void {
    const { selected } = this.state;
    if (selected === null) return;
    const wanted: Ref = selected.startsWith('o')
      ? `s${this.model.data.objects.stream[refIndex(selected)] ?? 0}`
      : selected;
    const row = this.#layout.rows.find(({ kind, items }) =>
      kind === 'streams' ? items.includes(wanted) : kind !== 'requests' && items.includes(wanted),
    );
    const { box } = this.#canvas;
    if (row === undefined) return;
    if (row.y < box.scrollTop + AXIS_HEIGHT) box.scrollTop = row.y - AXIS_HEIGHT - 10;
    else if (row.y + row.height > box.scrollTop + box.clientHeight)
      box.scrollTop = row.y + row.height - box.clientHeight + 10;
  }
}
