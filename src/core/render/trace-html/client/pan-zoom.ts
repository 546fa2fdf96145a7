import type { State } from './state.js';
import { TimeScale } from './time-scale.js';

/** Further than this, in pixels, a press is no longer a click. */
const CLICK_DISTANCE = 4;

export interface Pointing {
  hover(event: PointerEvent | MouseEvent): void;
  leave(): void;
  click(event: PointerEvent): void;
  /** A range that is being marked, in time; null when it is over. */
  marking(range: readonly [number, number] | null): void;
}

/** Moves and zooms in time with mouse and fingers: drag, Shift + drag, Ctrl + wheel, sideways wheel, pinch, double click. */
export function setUpPanZoom(box: HTMLElement, state: State, pointing: Pointing): void {
  const pointers = new Map<number, PointerEvent>();
  let start: { x: number; y: number; from: number; to: number; mark: boolean } | null = null;
  let moved = false;
  let pinch: { from: number; to: number; a: number; b: number } | null = null;

  const scale = () => new TimeScale(state, box.clientWidth);
  const xOf = (event: { clientX: number }) => event.clientX - box.getBoundingClientRect().left - 1;

  box.addEventListener('wheel', (event) => {
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!event.ctrlKey && !event.metaKey && !sideways) return;
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      state.zoom(Math.exp(Math.max(-1, Math.min(1, (event.deltaY * unit) / 250))), scale().t(xOf(event)));
    } else state.pan(((event.deltaX || event.deltaY) * unit) / box.clientWidth);
    pointing.hover(event);
  });

  box.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event);
    moved = false;
    if (pointers.size === 1) {
      start = { x: event.clientX, y: event.clientY, from: state.from, to: state.to, mark: event.shiftKey };
    } else if (pointers.size === 2) {
      const [a, b] = [...pointers.values()] as [PointerEvent, PointerEvent];
      pinch = { from: state.from, to: state.to, a: scale().t(xOf(a)), b: scale().t(xOf(b)) };
      moved = true;
    }
  });

  box.addEventListener('pointermove', (event) => {
    if (!pointers.has(event.pointerId)) {
      pointing.hover(event);
      return;
    }
    pointers.set(event.pointerId, event);
    if (pinch !== null && pointers.size === 2) {
      pinchTo(pinch, [...pointers.values()].map(xOf) as [number, number]);
      return;
    }
    if (start === null) return;
    if (!moved && Math.hypot(event.clientX - start.x, event.clientY - start.y) < CLICK_DISTANCE) return;
    if (!moved) {
      moved = true;
      pointing.leave();
      box.setPointerCapture(event.pointerId);
    }
    if (start.mark) pointing.marking(marked(start.x, event));
    else {
      const by = scale().length(event.clientX - start.x);
      state.look(start.from - by, start.to - by);
    }
  });

  const finish = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    if (pinch !== null) {
      if (pointers.size === 0) pinch = start = null;
      return;
    }
    if (start === null) return;
    const { x, mark } = start;
    start = null;
    if (event.type === 'pointercancel') pointing.marking(null);
    else if (!moved) pointing.click(event);
    else if (mark) {
      const [from, to] = marked(x, event);
      pointing.marking(null);
      state.look(from, to);
    }
  };
  box.addEventListener('pointerup', finish);
  box.addEventListener('pointercancel', finish);
  box.addEventListener('pointerleave', () => pointing.leave());
  box.addEventListener('dblclick', (event) => state.zoom(event.shiftKey ? 2 : 0.5, scale().t(xOf(event))));

  function marked(x: number, event: PointerEvent): [number, number] {
    const times = [scale().t(xOf({ clientX: x })), scale().t(xOf(event))] as const;
    return [Math.min(...times), Math.max(...times)];
  }

  /** Keeps the times that the two fingers took hold of below them. */
  function pinchTo(held: { a: number; b: number }, [xa, xb]: [number, number]): void {
    if (Math.abs(xa - xb) < 8 || held.a === held.b) return;
    const { left, span } = scale();
    const perPixel = Math.abs((held.b - held.a) / (xb - xa));
    const from = held.a - (xa - left) * perPixel;
    state.look(from, from + span * perPixel);
  }
}

/** The keys of everything that has time as its axis. `step` goes to the next or previous event. */
export function setUpKeys(box: HTMLElement, state: State, step: (by: 1 | -1) => void): void {
  const actions: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => state.pan(-0.15),
    ArrowRight: () => state.pan(0.15),
    PageUp: () => state.pan(-0.8),
    PageDown: () => state.pan(0.8),
    ArrowUp: () => step(-1),
    ArrowDown: () => step(1),
    Home: () => state.look(state.first, state.first + state.to - state.from),
    End: () => state.look(state.last - (state.to - state.from), state.last),
    '+': () => state.zoom(0.6),
    '=': () => state.zoom(0.6),
    '-': () => state.zoom(1 / 0.6),
    '0': () => state.showAll(),
    Escape: () => state.select(null),
  };
  box.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
