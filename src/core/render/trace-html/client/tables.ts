import { byId, el } from './dom.js';
import { duration } from './format.js';
import type { Model } from './model.js';

const PAGE = 200;

interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: number;
  row(index: number): readonly string[];
}

/** The same data as tables, for those who cannot use, or do not trust, a picture. Filled in when opened. */
export function setUpTables(model: Model): void {
  const { messages, marks, streams, tracks, objects, series } = model.data;
  const tables: Table[] = [
    {
      title: 'Control messages',
      columns: ['time', 'direction', 'message', 'about', 'stream', 'answered'],
      rows: messages.length,
      row: (index) => {
        const one = messages[index] as (typeof messages)[number];
        const exchange = model.data.exchanges[one.exchange];
        const answer = exchange?.request === index ? messages[exchange.answer] : undefined;
        return [
          duration(one.t),
          one.sent ? 'sent' : 'received',
          one.name,
          one.summary,
          one.stream ?? '',
          answer === undefined ? '' : `${answer.name} after ${duration(answer.t - one.t)}`,
        ];
      },
    },
    {
      title: 'States, errors and annotations',
      columns: ['time', 'kind', 'what'],
      rows: marks.length,
      row: (index) => {
        const one = marks[index] as (typeof marks)[number];
        return [duration(one.t), one.kind, one.title];
      },
    },
    {
      title: 'Streams',
      columns: ['opened', 'ended', 'type', 'stream', 'track', 'group', 'objects', 'end'],
      rows: streams.length,
      row: (index) => {
        const one = streams[index] as (typeof streams)[number];
        const end =
          one.type === 'datagram'
            ? ''
            : one.end === null
              ? 'open'
              : one.reset === null
                ? 'finished'
                : `reset ${one.reset}`;
        return [
          duration(one.t),
          one.end === null ? '' : duration(one.end),
          one.type,
          one.id,
          tracks[one.track]?.name ?? '',
          one.group ?? '',
          String(model.objectsOf[index]?.length ?? 0),
          end,
        ];
      },
    },
    {
      title: 'Objects',
      columns: ['time', 'track', 'group', 'object', 'bytes', 'status'],
      rows: objects.t.length,
      row: (index) => {
        const stream = streams[objects.stream[index] ?? -1];
        const size = objects.size[index] ?? -1;
        return [
          duration(objects.t[index] ?? 0),
          stream === undefined ? '' : model.trackName(stream),
          objects.group[index] ?? '',
          objects.object[index] ?? '',
          size < 0 ? '' : String(size),
          String(objects.status[index] ?? 0),
        ];
      },
    },
    ...series.map((one) => ({
      title: `Times: ${one.name}`,
      columns: ['at', 'took'],
      rows: one.t.length,
      row: (index: number) => [duration(one.t[index] ?? 0), duration(one.value[index] ?? 0)],
    })),
  ];
  byId('tables').append(...tables.filter(({ rows }) => rows > 0).map(collapsed));
}

function collapsed(table: Table): HTMLElement {
  const body = el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': table.title });
  const box = el(
    'details',
    { class: 'table' },
    el('summary', {}, `${table.title} `, el('small', {}, table.rows.toLocaleString('en'))),
    body,
  );
  box.addEventListener('toggle', () => {
    if (box.open && body.childElementCount === 0) fill(0);
  });
  return box;

  function fill(start: number): void {
    const end = Math.min(table.rows, start + PAGE);
    const rows = Array.from({ length: end - start }, (_, index) =>
      el('tr', {}, ...table.row(start + index).map((text) => el('td', {}, text))),
    );
    const turn = (text: string, to: number, enabled: boolean) => {
      const made = el('button', { type: 'button' }, text);
      made.disabled = !enabled;
      made.addEventListener('click', () => fill(to));
      return made;
    };
    body.replaceChildren(
      el(
        'table',
        {},
        el('thead', {}, el('tr', {}, ...table.columns.map((name) => el('th', { scope: 'col' }, name)))),
        el('tbody', {}, ...rows),
      ),
      ...(table.rows > PAGE
        ? [
            el(
              'div',
              { class: 'pager' },
              turn('Previous', start - PAGE, start > 0),
              `${start + 1}–${end} of ${table.rows.toLocaleString('en')}`,
              turn('Next', end, end < table.rows),
            ),
          ]
        : []),
    );
  }
}
