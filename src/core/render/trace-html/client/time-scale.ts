import { tickLabel, ticks } from './format.js';
import type { Frame } from './scroll-canvas.js';
import type { State } from './state.js';

/** Width of the labels left of all that has time as its x axis. */
export function gutter(width: number): number {
  return width < 560 ? 74 : 168;
}

/** Between time and place, for a box of some width that shows what the state looks at. */
export class TimeScale {
  readonly left: number;
  readonly span: number;

  constructor(
    private readonly state: State,
    readonly width: number,
  ) {
    this.left = gutter(width);
    this.span = Math.max(1, width - this.left - 8);
  }

  x(t: number): number {
    return this.left + ((t - this.state.from) / (this.state.to - this.state.from)) * this.span;
  }

  t(x: number): number {
    return this.state.from + ((x - this.left) / this.span) * (this.state.to - this.state.from);
  }

  /** Microseconds of a distance in pixels. */
  length(pixels: number): number {
    return (pixels / this.span) * (this.state.to - this.state.from);
  }

  /** Lines down to `bottom`, and their labels at `y`. */
  drawAxis({ context, palette }: Frame, y: number, bottom: number): void {
    const { step, at } = ticks(this.state.from, this.state.to, Math.max(3, this.span / 110));
    context.font = `11px ${palette.sans}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const t of at) {
      const x = Math.round(this.x(t)) + 0.5;
      if (x < this.left) continue;
      context.strokeStyle = palette.line;
      context.beginPath();
      context.moveTo(x, y + 9);
      context.lineTo(x, bottom);
      context.stroke();
      context.fillStyle = palette.muted;
      const label = tickLabel(t, step);
      const half = context.measureText(label).width / 2;
      if (x - half > this.left - 20 && x + half < this.width) context.fillText(label, x, y);
    }
  }

  clip(context: CanvasRenderingContext2D, top: number, height: number): void {
    context.beginPath();
    context.rect(this.left, top, this.width - this.left, height);
    context.clip();
  }
}

/** Text cut to a width. */
export function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}
