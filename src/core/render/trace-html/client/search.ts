import type { PageField } from '../page-data.js';
import { byId } from './dom.js';
import type { Model, Ref } from './model.js';
import type { State } from './state.js';

/** Matches beyond these are counted and not walked through. */
const MAX_MATCHES = 5000;
const WAIT_MS = 120;

/** Finds messages, marks and streams by any word of theirs, and goes from one to the next. */
export function setUpSearch(model: Model, state: State): void {
  const input = byId<HTMLInputElement>('search');
  const output = byId('search-count');
  const next = byId<HTMLButtonElement>('search-next');
  const previous = byId<HTMLButtonElement>('search-previous');
  let texts: readonly { readonly ref: Ref; readonly text: string }[] | null = null;
  let timer = 0;
  let at = -1;

  const run = () => {
    const words = input.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    at = -1;
    if (words.length === 0) {
      state.found(null);
      tell();
      return;
    }
    texts ??= searchable(model);
    const found: Ref[] = [];
    for (const { ref, text } of texts) {
      if (found.length < MAX_MATCHES && words.every((word) => text.includes(word)) && state.shows(ref)) found.push(ref);
    }
    state.found(found);
    tell();
  };
  const tell = () => {
    const { matches } = state;
    const count =
      matches === null
        ? ''
        : `${at >= 0 ? `${at + 1} of ` : ''}${matches.length}${matches.length === MAX_MATCHES ? '+' : ''}`;
    output.textContent = matches?.length === 0 ? 'nothing' : at === -1 && count !== '' ? `${count} found` : count;
    next.disabled = previous.disabled = (matches?.length ?? 0) === 0;
  };
  const go = (by: 1 | -1) => {
    // Enter may come before the wait for more letters is over.
    if (timer !== 0) {
      clearTimeout(timer);
      timer = 0;
      run();
    }
    const { matches } = state;
    if (matches === null || matches.length === 0) return;
    at = at === -1 && by === -1 ? matches.length - 1 : (at + by + matches.length) % matches.length;
    state.select(matches[at] as Ref);
    tell();
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      run();
    }, WAIT_MS);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      go(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape' && input.value !== '') {
      input.value = '';
      run();
    }
  });
  next.addEventListener('click', () => go(1));
  previous.addEventListener('click', () => go(-1));
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

function searchable(model: Model): readonly { ref: Ref; text: string }[] {
  const { messages, marks, streams } = model.data;
  const texts = [
    ...messages.map((one, index) => ({
      ref: `m${index}` as Ref,
      t: one.t,
      text: [one.name, one.type, one.summary, one.stream === null ? '' : `stream ${one.stream}`, fieldsText(one.fields)]
        .join(' ')
        .toLowerCase(),
    })),
    ...marks.map((one, index) => ({
      ref: `k${index}` as Ref,
      t: one.t,
      text: `${one.kind} ${one.title} ${fieldsText(one.fields)}`.toLowerCase(),
    })),
    ...streams.map((one, index) => ({
      ref: `s${index}` as Ref,
      t: one.t,
      text: `${one.type} ${one.type === 'datagram' ? '' : 'stream '}${one.id} group ${one.group ?? ''} ${model.trackName(one)} ${one.reset === null ? '' : `reset ${one.reset}`}`.toLowerCase(),
    })),
  ];
  return texts.sort((a, b) => a.t - b.t);
}

function fieldsText(fields: readonly PageField[]): string {
  return fields.map(([name, value]) => `${name} ${typeof value === 'string' ? value : fieldsText(value)}`).join(' ');
}
