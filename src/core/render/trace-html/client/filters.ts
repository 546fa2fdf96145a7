import { byId, coloured, el } from './dom.js';
import { duration } from './format.js';
import type { Model } from './model.js';
import { FILTERS, type State } from './state.js';

/** What is shown, of which session, and how closely. */
export function setUpFilters(model: Model, state: State): void {
  const box = byId('filters');
  for (const [name, label, colour] of FILTERS) {
    const input = el('input', { type: 'checkbox', name });
    input.checked = true;
    input.addEventListener('change', () => state.toggle(name, input.checked));
    box.append(coloured(el('label', {}, input, el('i'), label), colour));
  }
  const { peers } = model.data;
  if (peers.length > 1) {
    byId('peer-label').hidden = false;
    const select = byId<HTMLSelectElement>('peer');
    select.append(el('option', { value: '-1' }, `all ${peers.length}`));
    for (const [index, peer] of peers.entries()) select.append(el('option', { value: String(index) }, peer));
    select.addEventListener('change', () => state.choosePeer(Number(select.value)));
  }
  byId('zoom-in').addEventListener('click', () => state.zoom(0.5));
  byId('zoom-out').addEventListener('click', () => state.zoom(2));
  byId('zoom-all').addEventListener('click', () => state.showAll());
  const range = byId('range');
  const tell = () => {
    const whole = state.from === state.first && state.to === state.last;
    range.textContent = whole
      ? `all ${duration(model.data.end - model.data.begin)}`
      : `${duration(Math.max(0, state.from))} – ${duration(state.to)}`;
  };
  tell();
  state.onChange(tell);
}
