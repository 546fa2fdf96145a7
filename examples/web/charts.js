// The pictures of rate and latency.
import { WINDOW_MS } from './arrivals.js';
import { brush, canvas } from './dom.js';
import { decimal, duration } from './text.js';

/**
 * A canvas of the size it is shown at, empty, with the page's colours of the moment.
 * @param {string} id
 */
function chart(id) {
  const on = canvas(id);
  const ratio = devicePixelRatio || 1;
  const [width, height] = [on.clientWidth, on.clientHeight];
  if (on.width !== Math.round(width * ratio) || on.height !== Math.round(height * ratio)) {
    Object.assign(on, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  }
  const g = brush(on);
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  const style = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return { g, width, height, colour };
}

/**
 * Round upper bound of an axis.
 * @param {number} value
 */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  return [1, 2, 5, 10].map((step) => step * power).find((bound) => bound >= value) ?? value;
}

const LEFT = 46;
const BOTTOM = 16;

/**
 * @param {ReturnType<typeof chart>} picture
 * @param {number} top
 * @param {(value: number) => string} label
 */
function axes({ g, width, height, colour }, top, label) {
  g.font = '11px system-ui, sans-serif';
  g.textBaseline = 'middle';
  g.textAlign = 'right';
  g.lineWidth = 1;
  for (const part of [0, 0.5, 1]) {
    const y = 6 + (height - BOTTOM - 6) * (1 - part);
    g.strokeStyle = colour('line');
    g.beginPath();
    g.moveTo(LEFT, y);
    g.lineTo(width, y);
    g.stroke();
    g.fillStyle = colour('muted');
    g.fillText(label(top * part), LEFT - 6, y);
  }
  g.textBaseline = 'bottom';
  g.textAlign = 'left';
  g.fillText(`${WINDOW_MS / 1000} s ago`, LEFT, height);
  g.textAlign = 'right';
  g.fillText('now', width, height);
}

/** @param {readonly { objects: number }[]} rates a bar each */
export function paintRates(rates) {
  const picture = chart('rate-chart');
  const { g, width, height, colour } = picture;
  const top = nice(Math.max(4, ...rates.map(({ objects }) => objects)));
  axes(picture, top, (value) => decimal.format(value));
  const step = (width - LEFT) / rates.length;
  const floor = height - BOTTOM;
  g.fillStyle = colour('accent');
  for (const [i, { objects }] of rates.entries()) {
    const tall = ((floor - 6) * objects) / top;
    g.fillRect(LEFT + i * step + 0.75, floor - tall, Math.max(step - 1.5, 1), tall);
  }
}

/**
 * Gives what there is to say about them.
 * @param {readonly { at: number, ms: number }[]} points
 * @param {number} time
 */
export function paintLatencies(points, time) {
  const picture = chart('latency-chart');
  const { g, width, height, colour } = picture;
  const sorted = points.map(({ ms }) => ms).sort((a, b) => a - b);
  /** @param {number} part */
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  // A single straggler does not flatten all others: what is above is drawn at the upper edge.
  const top = nice(Math.max(1, at(0.99) * 1.2));
  axes(picture, top, (value) => (value === 0 ? '0' : duration(value)));
  g.fillStyle = colour('accent');
  for (const point of points) {
    const x = LEFT + (width - LEFT) * (1 - (time - point.at) / WINDOW_MS);
    const y = 6 + (height - BOTTOM - 6) * (1 - Math.min(Math.max(point.ms, 0) / top, 1));
    if (x >= LEFT) g.fillRect(x - 1.25, y - 1.25, 2.5, 2.5);
  }
  if (sorted.length === 0) return '–';
  return `p50 ${duration(at(0.5))} · p99 ${duration(at(0.99))}`;
}
