import { describe, expect, it } from 'vitest';
import { Batch } from '../../../../src/core/relay/batch.js';
import { BufferBudget } from '../../../../src/core/relay/buffer-budget.js';
import { coverage, endOfPart, inResponseOrder, type Part } from '../../../../src/core/relay/fetch-coverage.js';
import { restAfter } from '../../../../src/core/relay/fetch-range.js';
import { GroupCache } from '../../../../src/core/relay/group-cache.js';
import type { StreamIntake } from '../../../../src/core/relay/intake.js';
import { SubgroupLog } from '../../../../src/core/relay/subgroup-log.js';
import type { TrackStore } from '../../../../src/core/relay/track-store.js';
import { profileByDraft } from '../../../../src/core/wire/drafts/index.js';
import type { Location } from '../../../../src/core/wire/location.js';
import type { ObjectFragment, ObjectStatus } from '../../../../src/core/wire/messages/object.js';
import type { DraftProfile } from '../../../../src/core/wire/profile.js';
import { encodeProperties, PROPERTY } from '../../../../src/core/wire/properties.js';

const d18 = profileByDraft('18') as DraftProfile;

interface Given {
  readonly id: number;
  readonly status?: ObjectStatus;
  readonly gap?: number;
  readonly groupGap?: number;
  readonly at?: number;
  readonly incomplete?: boolean;
}

class Cache {
  readonly cache = new GroupCache<StreamIntake>(1 << 20, () => {});
  largest: Location | null = null;
  hasDatagrams = false;
  maxCacheMs = Number.POSITIVE_INFINITY;

  get store(): TrackStore {
    return this as unknown as TrackStore;
  }

  stream(group: number, objects: readonly Given[], end: 'fin' | 'reset' | 'open' = 'fin', endOfGroup = false): this {
    const entry = this.cache.open(BigInt(group));
    const header = { endOfGroup, hasProperties: true, firstObject: false } as unknown as SubgroupLog['header'];
    const log = new SubgroupLog(header, entry.id, 0n, 128, d18, new BufferBudget(1 << 20, () => {}), true);
    this.cache.add(entry, log, entry.id, () => false);
    for (const { id, status = 'normal', gap, groupGap, at = 0, incomplete } of objects) {
      const pairs = [
        ...(groupGap === undefined ? [] : [{ type: PROPERTY.priorGroupIdGap, value: BigInt(groupGap) }]),
        ...(gap === undefined ? [] : [{ type: PROPERTY.priorObjectIdGap, value: BigInt(gap) }]),
      ];
      const fragment: ObjectFragment = {
        header: {
          group: entry.id,
          subgroup: 0n,
          object: BigInt(id),
          priority: 0,
          status,
          properties: encodeProperties(d18, pairs),
          payloadLength: 1,
        },
        offset: 0,
        bytes: new Uint8Array(incomplete ? 0 : 1),
        complete: !incomplete,
      };
      log.append(new Batch([fragment], at));
      const location = { group: entry.id, object: BigInt(id) };
      if (this.largest === null || location.group >= this.largest.group) this.largest = location;
    }
    if (end !== 'open') log.finish(end === 'fin' ? { kind: 'fin' } : { kind: 'reset', name: 'CANCELLED' });
    return this;
  }

  /** `known 1.0-1.3`, `unknown 2-4`, an open end as `*`. */
  covers(from: readonly [number, number], to: readonly [number, number], now = 0): string[] {
    const [start, end] = [from, to].map(([group, object]) => ({ group: BigInt(group), object: BigInt(object) }));
    return coverage(this.store, { start: start as Location, end: end as Location }, now).map(show);
  }
}

function show({ kind, low, high, from, to }: Part): string {
  return low === high ? `${kind} ${low}.${from}-${to ?? '*'}` : `${kind} ${low}-${high}`;
}

const ids = (...all: number[]): Given[] => all.map((id) => ({ id }));

describe('what a cache knows of a range', () => {
  it('is any part of a group that is here, also of one that still grows', () => {
    const cache = new Cache().stream(1, ids(0, 1, 2)).stream(2, ids(0, 1, 2, 3), 'open');
    expect(cache.covers([1, 1], [1, 2])).toEqual(['known 1.1-1']);
    expect(cache.covers([1, 1], [2, 3])).toEqual(['known 1.1-*', 'known 2.0-2']);
    expect(cache.covers([2, 2], [2, 4])).toEqual(['known 2.2-3']);
  });

  it('is nothing of groups that never came', () => {
    const cache = new Cache().stream(2, ids(0)).stream(5, ids(0));
    expect(cache.covers([0, 3], [5, 1])).toEqual([
      'unknown 0.3-*',
      'unknown 1.0-*',
      'known 2.0-*',
      'unknown 3-4',
      'known 5.0-0',
    ]);
  });

  it('is that groups and objects do not exist of which a gap property says so', () => {
    const cache = new Cache().stream(2, ids(0)).stream(5, [{ id: 2, gap: 2, groupGap: 2 }]);
    expect(cache.covers([2, 0], [5, 3])).toEqual(['known 2.0-*', 'known 5.0-2']);
  });

  it('is not what came before the first object that the relay has of a group', () => {
    const cache = new Cache().stream(3, ids(4, 5)).stream(4, ids(0));
    expect(cache.covers([3, 0], [3, 0])).toEqual(['unknown 3.0-3', 'known 3.4-*']);
    expect(cache.covers([3, 4], [3, 0])).toEqual(['known 3.4-*']);
  });

  it('is a hole in a group that is over, and not in one that still grows', () => {
    const cache = new Cache().stream(3, ids(0, 4)).stream(4, ids(0, 2), 'open');
    expect(cache.covers([3, 0], [3, 0])).toEqual(['known 3.0-*']);
    expect(cache.covers([4, 0], [4, 3])).toEqual(['known 4.0-0', 'unknown 4.1-1', 'known 4.2-2']);
  });

  it('is no hole of a group of which a stream broke off, or of a track with datagrams', () => {
    const broken = new Cache().stream(3, ids(0, 2), 'reset').stream(4, ids(0));
    expect(broken.covers([3, 0], [3, 0])).toEqual(['known 3.0-0', 'unknown 3.1-1', 'known 3.2-2', 'unknown 3.3-*']);
    const mixed = new Cache().stream(3, ids(0, 2)).stream(4, ids(0));
    mixed.hasDatagrams = true;
    expect(mixed.covers([3, 0], [3, 0])).toEqual(['known 3.0-0', 'unknown 3.1-1', 'known 3.2-2', 'unknown 3.3-*']);
  });

  it('is where a group ends when its publisher says so', () => {
    const byStatus = new Cache().stream(3, [{ id: 0 }, { id: 1, status: 'end-of-group' }], 'open').stream(4, ids(0));
    expect(byStatus.covers([3, 0], [3, 0])).toEqual(['known 3.0-*']);
    const byHeader = new Cache().stream(3, ids(0, 1), 'fin', true).stream(4, ids(0));
    byHeader.hasDatagrams = true;
    expect(byHeader.covers([3, 0], [3, 9])).toEqual(['known 3.0-8']);
  });

  it('is no object that broke off, while one that is arriving counts', () => {
    const objects = [{ id: 0 }, { id: 1, incomplete: true }];
    expect(new Cache().stream(3, objects, 'reset').covers([3, 0], [3, 2])).toEqual(['known 3.0-0', 'unknown 3.1-1']);
    expect(new Cache().stream(3, objects, 'open').covers([3, 0], [3, 2])).toEqual(['known 3.0-1']);
  });

  it('is no object that is older than its publisher lets it be served', () => {
    const cache = new Cache().stream(
      3,
      [
        { id: 0, at: 0 },
        { id: 1, at: 60 },
        { id: 2, at: 90 },
      ],
      'open',
    );
    cache.maxCacheMs = 50;
    expect(cache.covers([3, 0], [3, 3], 100)).toEqual(['unknown 3.0-0', 'known 3.1-2']);
  });
});

describe('the parts of a response', () => {
  const cache = new Cache().stream(2, ids(1, 2)).stream(5, ids(0, 1));

  it('go down by groups where that was asked for, and end with their lowest', () => {
    const parts = coverage(cache.store, { start: { group: 1n, object: 2n }, end: { group: 5n, object: 2n } }, 0);
    const down = inResponseOrder(parts, true);
    expect(down.map(show)).toEqual(['known 5.0-1', 'unknown 3-4', 'unknown 2.0-0', 'known 2.1-*', 'unknown 1.2-*']);
    expect(down.map((part) => endOfPart(part, true, 99n))[1]).toEqual({ group: 3n, object: 99n });
    expect(inResponseOrder(parts, false)).toEqual(parts);
  });

  it.each([
    [false, ['3.3-5.2']],
    [true, ['3.3-3.0', '1.4-2.0']],
  ])('that are left after an object are those behind it (descending: %s)', (descending, rest) => {
    const range = { start: { group: 1n, object: 4n }, end: { group: 5n, object: 2n } };
    const left = restAfter(range, { group: 3n, object: 2n }, descending);
    expect(left.map(({ start, end }) => `${start.group}.${start.object}-${end.group}.${end.object}`)).toEqual(rest);
  });

  it('are none after the last object', () => {
    const range = { start: { group: 1n, object: 4n }, end: { group: 5n, object: 2n } };
    expect(restAfter(range, { group: 5n, object: 1n }, false)).toEqual([]);
    expect(restAfter({ ...range, end: { group: 1n, object: 6n } }, { group: 1n, object: 5n }, true)).toEqual([]);
  });
});
