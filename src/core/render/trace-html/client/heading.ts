import { byId, coloured, el } from './dom.js';
import type { Model } from './model.js';

/** What a person wants to know first: whose trace this is, how much there is, how it ended, what is missing. */
export function showHeading({ data }: Model): void {
  document.title = `${data.title} · MoQT trace`;
  byId('title').textContent = data.title;
  const pair = ([label, value]: readonly [string, string]) => el('div', {}, el('dt', {}, label), el('dd', {}, value));
  byId('facts').append(...data.facts.filter(([, value]) => value !== data.title).map(pair));
  byId('counts').append(...data.counts.map(pair));
  const notes = [
    ...data.notes,
    ...data.cuts.map(
      ({ what, shown, total }) =>
        `This page holds the first ${shown.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}. moqt trace filter makes a smaller trace of the part that matters.`,
    ),
  ];
  byId('notes').hidden = notes.length === 0;
  byId('notes').append(...notes.map((note) => el('li', {}, note)));
  byId('endings').append(
    ...data.endings.map(({ text, meaning, good, count }) =>
      el(
        'li',
        good ? { class: 'good' } : {},
        el('strong', {}, text),
        count > 1 ? ` × ${count.toLocaleString('en')}` : null,
        meaning === '' ? null : el('span', {}, ` — ${meaning}`),
      ),
    ),
  );
  byId('legend').append(
    coloured(el('li', {}, el('i'), 'stream received'), 'received'),
    coloured(el('li', {}, el('i'), 'stream sent'), 'sent'),
    el('li', { class: 'c-open' }, el('i'), 'open at the end'),
    el('li', { class: 'c-reset' }, el('i'), 'reset or error'),
    ...(['setup', 'subscribe', 'publish', 'fetch', 'namespace', 'session'] as const).map((name) =>
      coloured(el('li', {}, el('i'), name === 'session' ? 'session control' : name), name),
    ),
  );
}
