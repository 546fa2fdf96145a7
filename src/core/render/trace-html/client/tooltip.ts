import { describe } from './describe.js';
import { fieldList } from './details.js';
import { byId, coloured, el } from './dom.js';
import type { Model, Ref } from './model.js';

const MAX_FIELDS = 9;
const MAX_BYTES = 32;

/** What is under the pointer, in short. */
export class Tooltip {
  readonly #box = byId('tooltip');
  #shown: Ref | null = null;

  constructor(private readonly model: Model) {}

  show(ref: Ref | null, x: number, y: number): void {
    const box = this.#box;
    if (ref === null) {
      this.hide();
      return;
    }
    if (ref !== this.#shown) {
      this.#shown = ref;
      const { title, sub, colour, facts, fields, raw, rawLeftOut } = describe(this.model, ref);
      const few = [...facts, ...fields].slice(0, MAX_FIELDS);
      const left = facts.length + fields.length - few.length;
      box.replaceChildren(
        coloured(el('h3', {}, title), colour),
        ...(sub === '' ? [] : [el('p', { class: 'sub' }, sub)]),
        fieldList(few),
        ...(left > 0 ? [el('p', { class: 'sub' }, `and ${left} more: select it to see all`)] : []),
        ...(raw === null ? [] : [el('p', { class: 'bytes' }, bytesText(raw, rawLeftOut))]),
      );
    }
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    const left = x + 14 + width > innerWidth ? x - width - 14 : x + 14;
    const top = y + 14 + height > innerHeight ? y - height - 10 : y + 14;
    box.style.left = `${Math.max(8, left)}px`;
    box.style.top = `${Math.max(8, top)}px`;
  }

  hide(): void {
    this.#shown = null;
    this.#box.hidden = true;
  }
}

function bytesText(raw: string, leftOut: number): string {
  const cut = raw.slice(0, MAX_BYTES * 2);
  const more = raw.length / 2 - cut.length / 2 + leftOut;
  return `${(cut.match(/../g) ?? []).join(' ')}${more > 0 ? ` … ${more} more` : ''}`;
}
