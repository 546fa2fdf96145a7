import { el } from './dom.js';
import { type Palette, readPalette } from './palette.js';

export interface Frame {
  readonly context: CanvasRenderingContext2D;
  readonly palette: Palette;
  readonly width: number;
  readonly height: number;
  /** How far the content is scrolled. */
  readonly top: number;
}

/**
 * A canvas as large as its box, in which content of any height is scrolled: only what is seen is drawn. It draws at the next
 * frame after `redraw`, however often that is called.
 */
export class ScrollCanvas {
  readonly #canvas = el('canvas', { 'aria-hidden': 'true' });
  readonly #space = el('div');
  #contentHeight = 0;
  #asked = false;

  constructor(
    readonly box: HTMLElement,
    private readonly draw: (frame: Frame) => void,
  ) {
    box.append(this.#canvas, this.#space);
    box.addEventListener('scroll', () => this.redraw(), { passive: true });
    new ResizeObserver(() => this.redraw()).observe(box);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw());
    // The colours on paper are those of the light scheme.
    for (const event of ['beforeprint', 'afterprint']) addEventListener(event, () => this.drawNow());
  }

  /** Height of the content, and the most that the box may take of the page. */
  resize(contentHeight: number, maxHeight: number): void {
    this.#contentHeight = contentHeight;
    this.box.style.height = `${Math.min(contentHeight, maxHeight) + 2}px`;
    this.redraw();
  }

  redraw(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => this.drawNow());
  }

  drawNow(): void {
    this.#asked = false;
    const { clientWidth: width, clientHeight: height } = this.box;
    if (width === 0 || height === 0) return;
    const ratio = Math.max(1, Math.min(3, devicePixelRatio));
    const canvas = this.#canvas;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    this.#space.style.height = `${Math.max(0, this.#contentHeight - height)}px`;
    const context = canvas.getContext('2d');
    if (context === null) return;
    const palette = readPalette();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.draw({ context, palette, width, height, top: this.box.scrollTop });
  }

  /** A pointer's place within the box. */
  locate(event: { readonly clientX: number; readonly clientY: number }): { x: number; y: number } {
    const { left, top } = this.box.getBoundingClientRect();
    return { x: event.clientX - left - 1, y: event.clientY - top - 1 };
  }
}
