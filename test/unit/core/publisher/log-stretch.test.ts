import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogStretch } from '../../../../src/core/publisher/log-stretch.js';
import type { LogEntry, TrackObject } from '../../../../src/core/publisher/track-log.js';
import { TrackLog } from '../../../../src/core/publisher/track-log.js';

const BUFFER = Uint8Array.from({ length: 400 }, (_, i) => i);
const PLAIN: TrackObject = {
  kind: 'object',
  group: 3n,
  subgroup: 0n,
  object: 5n,
  status: 'normal',
  priority: undefined,
  properties: [],
  payload: BUFFER.subarray(10, 20),
  endOfGroup: true,
  hasProperties: false,
  fin: false,
};
const NEXT: TrackObject = { ...PLAIN, object: 6n, payload: BUFFER.subarray(20, 30) };

describe('LogStretch', () => {
  it('gives back what it has taken', () => {
    const stretch = LogStretch.of(PLAIN, NEXT);
    expect(stretch?.count).toBe(2);
    expect([stretch?.at(0), stretch?.at(1)]).toEqual([PLAIN, NEXT]);
    const third = { ...PLAIN, object: 7n, payload: BUFFER.subarray(30, 40) };
    expect(stretch?.take({ ...third, object: 8n })).toBe(false);
    expect(stretch?.take(third)).toBe(true);
    expect(stretch?.at(2)).toEqual(third);
  });

  it.each<[string, LogEntry]>([
    ['another group', { ...NEXT, group: 4n }],
    ['another subgroup', { ...NEXT, subgroup: 6n }],
    ['a hole before it', { ...NEXT, object: 7n }],
    ['another priority', { ...NEXT, priority: 1 }],
    ['properties', { ...NEXT, properties: [{ type: 2n, value: 1n }] }],
    ['another length', { ...NEXT, payload: BUFFER.subarray(20, 29) }],
    ['another place in memory', { ...NEXT, payload: BUFFER.subarray(21, 31) }],
    ['other memory', { ...NEXT, payload: BUFFER.slice().subarray(20, 30) }],
    ['a status', { ...NEXT, status: 'end-of-group', payload: BUFFER.subarray(20, 20) }],
    ['the end of its stream', { ...NEXT, fin: true }],
    ['the end of the group', { kind: 'group-closed', group: 3n }],
  ])('takes no entry with %s', (_, entry) => {
    expect(LogStretch.of(PLAIN, entry)).toBe(null);
  });
});

describe('TrackLog', () => {
  it('gives every entry as it came and knows its offset, whatever was forgotten meanwhile', () => {
    const cut = fc.record({
      length: fc.constantFrom(0, 10, 10, 10, 11),
      elsewhere: fc.boolean(),
      closes: fc.boolean(),
    });
    const steps = fc.array(fc.record({ cuts: fc.array(cut, { maxLength: 12 }), keep: fc.nat({ max: 20 }) }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const log = new TrackLog(500);
        const entries: LogEntry[] = [];
        const offsets = [0];
        let [group, object, at] = [0n, 0n, 0];
        const append = (entry: LogEntry): void => {
          log.append(entry);
          entries.push(entry);
          const bytes = entry.kind === 'object' ? entry.payload.length : 0;
          offsets.push((offsets.at(-1) as number) + bytes + 64);
        };
        for (const { cuts, keep } of all) {
          for (const { length, elsewhere, closes } of cuts) {
            if (elsewhere || at + length > BUFFER.length) at = elsewhere ? 1 : 0;
            append({ ...PLAIN, group, object, payload: BUFFER.subarray(at, at + length) });
            at += length;
            object++;
            if (!closes) continue;
            append({ kind: 'group-closed', group });
            group++;
            object = 0n;
          }
          log.trim(Math.max(0, log.head - keep));
          expect(log.head).toBe(entries.length);
          expect(log.headOffset).toBe(offsets.at(-1));
          for (let sequence = log.base; sequence < log.head; sequence++) {
            expect(log.at(sequence)).toEqual(entries[sequence]);
            expect(log.offsetOf(sequence)).toBe(offsets[sequence]);
            expect(log.endOfStretch(sequence)).toBeGreaterThan(sequence);
            const entry = entries[sequence] as LogEntry;
            if (entry.kind === 'object') expect(log.payloadAt(sequence)).toEqual(entry.payload);
          }
          expect(log.offsetOf(0)).toBe(offsets[log.base]);
          expect(() => log.at(log.head)).toThrow(RangeError);
          expect(() => log.at(log.base - 1)).toThrow(RangeError);
        }
      }),
    );
  });
});
