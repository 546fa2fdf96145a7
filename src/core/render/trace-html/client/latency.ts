import { byId, coloured, el } from './dom.js';
import { duration, quantile, ticks } from './format.js';
import type { Model } from './model.js';
import type { Colour } from './palette.js';
import { type Frame, ScrollCanvas } from './scroll-canvas.js';
import type { State } from './state.js';
import { TimeScale } from './time-scale.js';

const HEIGHT = 170;
const COLOURS: readonly Colour[] = ['subscribe', 'publish', 'warn'];

/** What took how long, over the same time axis as the timeline. */
export function setUpLatency(model: Model, state: State): void {
  const { series } = model.data;
  byId('latency-panel').hidden = series.length === 0;
  if (series.length === 0) return;
  byId('latency-legend').replaceChildren(
    ...series.map(({ name, what, value }, index) => {
      const sorted = [...value].sort((a, b) => a - b);
      const facts = `p50 ${duration(quantile(sorted, 0.5))}, p99 ${duration(quantile(sorted, 0.99))}, max ${duration(sorted.at(-1) ?? 0)}`;
      return coloured(
        el('li', { title: what }, el('i'), `${name} (${value.length.toLocaleString('en')}): ${facts}`),
        COLOURS[index % 3] as Colour,
      );
    }),
  );
  const all = series.flatMap(({ value }) => [
    quantile(
      [...value].sort((a, b) => a - b),
      0.999,
    ),
  ]);
  const top = Math.max(...all, 1) * 1.12;
  const canvas = new ScrollCanvas(byId('latency'), draw);
  canvas.resize(HEIGHT, HEIGHT);
  state.onChange(() => canvas.redraw());

  function draw(frame: Frame): void {
    const { context, palette, width, height } = frame;
    const scale = new TimeScale(state, width);
    const [head, foot] = [24, height - 8];
    scale.drawAxis(frame, 11, height);
    const y = (us: number) => foot - (Math.min(us, top) / top) * (foot - head);
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const us of ticks(0, top, 4).at) {
      context.strokeStyle = palette.line;
      context.beginPath();
      context.moveTo(scale.left, Math.round(y(us)) + 0.5);
      context.lineTo(width, Math.round(y(us)) + 0.5);
      context.stroke();
      context.fillStyle = palette.muted;
      context.fillText(duration(us), scale.left - 8, Math.min(y(us), height - 8));
    }
    scale.clip(context, head - 6, height);
    for (const [index, { t, value, line }] of series.entries()) {
      const colour = palette[COLOURS[index % 3] as Colour];
      context.fillStyle = context.strokeStyle = colour;
      if (line) {
        context.lineWidth = 1.75;
        context.beginPath();
        for (let i = 0; i < t.length; i++) context.lineTo(scale.x(t[i] as number), y(value[i] as number));
        context.stroke();
        context.lineWidth = 1;
      }
      const size = t.length > 5000 ? 1.5 : 2.75;
      for (let i = 0; i < t.length; i++) {
        const at = t[i] as number;
        if (at < state.from || at > state.to) continue;
        context.beginPath();
        context.arc(scale.x(at), y(value[i] as number), size, 0, 2 * Math.PI);
        context.fill();
      }
    }
  }
}
