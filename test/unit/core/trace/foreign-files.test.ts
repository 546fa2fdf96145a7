import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { QlogReader } from '../../../../src/core/trace/qlog/reader.js';

function read(name: string) {
  const reader = new QlogReader();
  const items = [
    ...reader.push(readFileSync(new URL(`../../../fixtures/traces/${name}`, import.meta.url))),
    ...reader.end(),
  ];
  return {
    header: items.flatMap((item) => (item.type === 'header' ? [item.header] : []))[0],
    events: items.flatMap((item) => (item.type === 'event' ? [item.event] : [])),
    notes: items.filter(({ type }) => type === 'note'),
  };
}

describe("moq-relay-ietf's traces", () => {
  it('mlog of a subscriber: messages with their names, headers, objects with their sizes and status', () => {
    const { header, events, notes } = read('moq-relay-ietf-subscriber.mlog');
    expect(header).toMatchObject({ perspective: 'server', source: 'moq-relay' });
    expect(notes).toEqual([]);
    const messages = events.flatMap((event) => (event.kind === 0 ? [[event.direction, event.message]] : []));
    expect(messages).toMatchObject([
      ['received', { message_type: 'client_setup' }],
      ['sent', { message_type: 'server_setup' }],
      ['sent', { message_type: 'subscribe_ok', track_alias: 0 }],
    ]);
    expect(events.filter(({ kind }) => kind === 1)).toMatchObject([
      { direction: 'sent', streamType: 'subgroup', trackAlias: 0n, group: 0n, subgroup: 0n },
      { direction: 'sent', group: 1n },
    ]);
    const sizes = events.flatMap((event) => (event.kind === 4 ? [event.size] : []));
    expect(sizes).toEqual([3, 3, 5, 0]);
    expect(events.flatMap((event) => (event.kind === 3 ? [event.status] : []))).toEqual([0, 0, 0, 2]);
  });

  it('mlog of a publisher', () => {
    const { events } = read('moq-relay-ietf-publisher.mlog');
    expect(events.filter(({ kind }) => kind === 1)).toMatchObject([
      { direction: 'received' },
      { direction: 'received' },
    ]);
  });

  it('qlog of the connection: each event under its name', () => {
    const { events, notes } = read('moq-relay-ietf-quic.qlog');
    expect(notes).toEqual([]);
    expect(events[0]).toMatchObject({
      kind: 7,
      label: 'transport:packet_received',
      data: { header: { packet_number: 0 } },
    });
    expect(new Set(events.map((event) => (event.kind === 7 ? event.label : event.kind)))).toEqual(
      new Set(['transport:packet_received', 'transport:packet_sent', 'recovery:metrics_updated']),
    );
  });
});

describe("other programs' traces of QUIC", () => {
  it.each([
    ['quic-go.sqlog', 'quic-go qlog', '2026-11-23T15:43:21.675Z', 15],
    ['aioquic.qlog', undefined, '2026-11-23T15:54:14.945Z', 12],
  ])('%s: when it began, and each event under its name', (name, source, began, count) => {
    const { header, events, notes } = read(name);
    expect(notes).toEqual([]);
    expect(header).toMatchObject({ perspective: 'client', ...(source === undefined ? {} : { source }) });
    expect(new Date(header?.startTime ?? 0).toISOString()).toBe(began);
    expect(events).toHaveLength(count);
    expect(events.every((event) => event.kind === 7 && /^[a-z]+:[a-z_]+$/.test(event.label))).toBe(true);
    const times = events.map(({ timeUs }) => timeUs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(1_000_000);
  });
});
