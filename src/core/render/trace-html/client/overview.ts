import { byId } from './dom.js';
import type { Model } from './model.js';
import { type Frame, ScrollCanvas } from './scroll-canvas.js';
import type { State } from './state.js';
import { gutter } from './time-scale.js';

/** The whole trace in one strip: how much happens when, and which part is looked at. Drag to look at another. */
export class Overview {
  readonly #canvas: ScrollCanvas;
  #density: { width: number; messages: Float64Array; objects: Float64Array } | null = null;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {
    const box = byId('overview');
    this.#canvas = new ScrollCanvas(box, (frame) => this.#draw(frame));
    state.onChange(() => this.#canvas.redraw());
    let start: number | null = null;
    const at = (event: PointerEvent) => {
      const left = gutter(box.clientWidth);
      const part = (this.#canvas.locate(event).x - left) / Math.max(1, box.clientWidth - left - 8);
      return state.first + Math.max(0, Math.min(1, part)) * (state.last - state.first);
    };
    box.addEventListener('pointerdown', (event) => {
      start = at(event);
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener('pointermove', (event) => {
      if (start !== null && Math.abs(at(event) - start) > (state.last - state.first) / 200) {
        state.look(Math.min(start, at(event)), Math.max(start, at(event)));
      }
    });
    box.addEventListener('pointerup', (event) => {
      if (start === null) return;
      const range = state.to - state.from;
      const middle = at(event);
      // A click moves the window; a drag has already chosen one.
      if (Math.abs(middle - start) <= (state.last - state.first) / 200)
        state.look(middle - range / 2, middle + range / 2);
      start = null;
    });
    box.addEventListener('pointercancel', () => {
      start = null;
    });
  }

  #draw({ context, palette, width, height }: Frame): void {
    const left = gutter(width);
    const span = Math.max(1, Math.floor(width - left - 8));
    const { messages, objects } = this.#densityFor(span);
    const middle = Math.round(height * 0.5);
    context.font = `12px ${palette.sans}`;
    context.textBaseline = 'middle';
    context.fillStyle = palette.muted;
    context.fillText('messages', 10, middle - 10);
    context.fillText('objects', 10, middle + 11);
    bars(messages, palette.subscribe, -1);
    bars(objects, palette['grid-high'], 1);
    const whole = this.state.last - this.state.first;
    const from = left + ((this.state.from - this.state.first) / whole) * span;
    const to = left + ((this.state.to - this.state.first) / whole) * span;
    context.globalAlpha = 0.6;
    context.fillStyle = palette.sunken;
    context.fillRect(left, 0, from - left, height);
    context.fillRect(to, 0, left + span - to, height);
    context.globalAlpha = 1;
    context.strokeStyle = palette.accent;
    context.lineWidth = 1.5;
    context.strokeRect(from + 0.5, 1, Math.max(2, to - from - 1), height - 2);
    context.lineWidth = 1;

    function bars(values: Float64Array, colour: string, direction: 1 | -1): void {
      const most = values.reduce((max, value) => Math.max(max, value), 1);
      context.fillStyle = colour;
      for (let x = 0; x < values.length; x++) {
        const value = values[x] as number;
        if (value === 0) continue;
        // Square root: a single message must be seen beside a thousand.
        const size = Math.max(2, Math.sqrt(value / most) * (height / 2 - 3));
        context.fillRect(left + x, direction === 1 ? middle + 1 : middle - size, 1.5, size);
      }
    }
  }

  #densityFor(width: number) {
    if (this.#density?.width === width) return this.#density;
    const { data } = this.model;
    const count = (times: Iterable<number>) => {
      const values = new Float64Array(width);
      for (const t of times) {
        const at = Math.floor(((t - this.state.first) / (this.state.last - this.state.first)) * width);
        if (at >= 0 && at < width) values[at] = (values[at] ?? 0) + 1;
      }
      return values;
    };
    const messages = count(data.messages.map(({ t }) => t));
    const objects = count(data.objects.t.length > 0 ? data.objects.t : data.streams.map(({ t }) => t));
    this.#density = { width, messages, objects };
    return this.#density;
  }
}
