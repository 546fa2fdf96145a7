import type { PageField } from '../page-data.js';
import { describe } from './describe.js';
import { button, byId, coloured, el } from './dom.js';
import { hexDump } from './format.js';
import type { Model } from './model.js';
import type { State } from './state.js';

/** The panel with everything about what is selected. */
export function setUpDetails(model: Model, state: State): void {
  const panel = byId('details');
  const body = byId('details-body');
  const close = byId<HTMLButtonElement>('details-close');
  close.addEventListener('click', () => state.select(null));
  const empty = [...body.children];
  state.onChange((what) => {
    if (what !== 'select') return;
    const ref = state.selected;
    panel.classList.toggle('chosen', ref !== null);
    close.hidden = ref === null;
    if (ref === null) {
      body.replaceChildren(...empty);
      return;
    }
    const { title, sub, colour, facts, fields, raw, rawLeftOut, links } = describe(model, ref);
    body.replaceChildren(
      coloured(el('h3', {}, title), colour),
      ...(sub === '' ? [] : [el('p', { class: 'sub' }, sub)]),
      fieldList(facts),
      ...(fields.length === 0 ? [] : [el('h4', {}, 'Fields'), fieldList(fields)]),
      ...(raw === null
        ? []
        : [
            el(
              'h4',
              {},
              `Bytes${rawLeftOut > 0 ? ` (the first ${raw.length / 2} of ${raw.length / 2 + rawLeftOut})` : ''}`,
            ),
          ]),
      ...(raw === null ? [] : [el('pre', { class: 'hex', tabindex: '0', 'aria-label': 'Bytes in hex' }, hexDump(raw))]),
      ...(links.length === 0
        ? []
        : [
            el('h4', {}, 'Belongs together'),
            el('div', { class: 'links' }, ...links.map((link) => button(link.text, () => state.select(link.ref)))),
          ]),
    );
    panel.scrollTop = 0;
  });
}

export function fieldList(fields: readonly PageField[]): HTMLElement {
  const list = el('dl', { class: 'fields' });
  for (const [name, value] of fields) {
    list.append(el('dt', {}, name));
    if (typeof value === 'string') list.append(el('dd', {}, value));
    else list.append(el('dd', { class: 'nested' }, fieldList(value)));
  }
  return list;
}
