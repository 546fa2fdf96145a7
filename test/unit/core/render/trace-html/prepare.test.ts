import { describe, expect, it } from 'vitest';
import type { NewTraceEvent } from '../../../../../src/core/records/trace-event.js';
import { PAGE_LIMITS, Room } from '../../../../../src/core/render/trace-html/limits.js';
import { preparePage } from '../../../../../src/core/render/trace-html/prepare.js';
import { utf8 } from '../../../../../src/core/util/bytes.js';
import { sampleTrace, traceOf } from '../../../../support/trace-sample.js';
import { names } from './names.js';

const message = (direction: 'sent' | 'received', type: number, fields: object, streamId: bigint): NewTraceEvent => {
  return { kind: 0, direction, messageType: BigInt(type), message: fields as never, streamId };
};
const joined = (events: readonly NewTraceEvent[]) => {
  const { messages, exchanges } = preparePage(traceOf(events.map((event, index) => [index, event])), names);
  return exchanges.map(({ request, answer, more }) =>
    [request, answer, ...more].map((one) => messages[one]?.seq ?? -1),
  );
};

describe('requests and answers', () => {
  it('are joined by Request ID where answers have one', () => {
    expect(
      joined([
        message('sent', 3, { request_id: '0' }, 0n),
        message('sent', 3, { request_id: 2n }, 0n),
        message('received', 4, { request_id: 2 }, 0n),
        message('received', 5, { requestId: '0' }, 0n),
        message('received', 11, { request_id: '2' }, 0n),
      ]),
    ).toEqual([
      [0, 3],
      [1, 2, 4],
    ]);
  });

  it('are joined by their stream where answers have none', () => {
    expect(
      joined([
        message('sent', 3, { request_id: '0' }, 0n),
        message('sent', 3, { request_id: '2' }, 4n),
        message('received', 4, { track_alias: '1' }, 4n),
        message('received', 5, {}, 0n),
        message('received', 11, {}, 4n),
      ]),
    ).toEqual([
      [0, 3],
      [1, 2, 4],
    ]);
  });

  it('are not joined to what the same side said', () => {
    expect(joined([message('sent', 3, { request_id: '0' }, 0n), message('sent', 4, { request_id: '0' }, 0n)])).toEqual([
      [0, -1, 1],
    ]);
  });
});

describe('preparePage', () => {
  const page = preparePage(sampleTrace(), names);

  it('names tracks by the alias that the publisher gave', () => {
    expect(page.tracks.map(({ name }) => name)).toEqual(['live/room1/video', 'live/room1/audio']);
  });

  it('adds up payloads, and tells streams that ended from those that were reset or stayed open', () => {
    expect(page.objects.size[0]).toBe(24_000);
    expect(page.streams.filter(({ reset }) => reset !== null)).toMatchObject([{ reset: '0x2', group: '15' }]);
    expect(page.streams.filter(({ end }) => end === null).map(({ group }) => group)).toEqual(['23', '23']);
  });

  it('says how things ended, what went wrong first, with its meaning', () => {
    expect(page.endings.map(({ text, meaning }) => [text, meaning])).toContainEqual([
      'REQUEST_ERROR: 0x10 DOES_NOT_EXIST',
      'There is no such track.',
    ]);
    expect(page.endings.every(({ good }) => !good)).toBe(true);
  });

  it('has the times of requests and of the transport', () => {
    expect(page.series.map(({ name, t }) => [name, t.length > 3])).toEqual([
      ['request to answer', true],
      ['round trip', true],
    ]);
    expect(page.series[0]?.value[0]).toBe(26_700);
  });

  it('times an object from its receipt to its forwarding', () => {
    const object = (streamId: bigint): NewTraceEvent => ({
      kind: 3,
      streamId,
      group: 5n,
      object: 1n,
      priority: 0,
      status: 0,
    });
    const opened = (streamId: bigint, direction: 'sent' | 'received'): NewTraceEvent => {
      return { kind: 1, streamId, direction, streamType: 'subgroup', trackAlias: 1n, group: 5n };
    };
    const { series } = preparePage(
      traceOf([
        [0, opened(2n, 'received')],
        [1, object(2n)],
        [2, opened(3n, 'sent')],
        [4.5, object(3n)],
      ]),
      names,
    );
    expect(series).toMatchObject([{ name: 'object received to sent', value: [3500] }]);
  });

  it('reads the hex of our own view as text, and leaves text of others alone', () => {
    const summary = (fields: object) =>
      preparePage(traceOf([[0, message('sent', 3, fields, 0n)]]), names).messages[0]?.summary;
    expect(summary({ message_type: 'subscribe', track_namespace: ['6c697665'], track_name: '61' })).toBe('live/a');
    expect(summary({ track_namespace: ['2024'], track_name: '61' })).toBe('2024/61');
    expect(summary({ track_namespace: [utf8('live')], track_name: utf8('a') })).toBe('live/a');
  });

  it('holds no more than its limits, and counts what it leaves out', () => {
    const room = new Room({ ...PAGE_LIMITS, streams: 3, objects: 40, messages: 2 });
    const cut = preparePage(sampleTrace(), names, room);
    expect([cut.streams.length, cut.objects.t.length, cut.messages.length]).toEqual([3, 40, 2]);
    expect(cut.cuts).toEqual([
      { what: 'control messages', shown: 2, total: 8 },
      { what: 'streams', shown: 3, total: 47 },
      { what: 'objects', shown: 40, total: page.objects.t.length },
    ]);
  });

  it('takes a trace without events, and dates that are none', () => {
    const empty = preparePage(traceOf([], { startTime: 1e300, protocol: 'x' }), names);
    expect(empty).toMatchObject({ begin: 0, messages: [], streams: [] });
  });
});
