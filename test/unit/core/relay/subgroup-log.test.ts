import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../../../src/core/relay/batch.js';
import { BufferBudget } from '../../../../src/core/relay/buffer-budget.js';
import { agrees } from '../../../../src/core/relay/group-cache.js';
import { type LogReader, SubgroupLog } from '../../../../src/core/relay/subgroup-log.js';
import { profileByDraft } from '../../../../src/core/wire/drafts/index.js';
import type { ObjectFragment, SubgroupHeader } from '../../../../src/core/wire/messages/object.js';
import type { DraftProfile } from '../../../../src/core/wire/profile.js';
import { encodeSubgroupHeader, SubgroupDecoder, SubgroupEncoder } from '../../../../src/core/wire/subgroup.js';

const HEADER: SubgroupHeader = {
  trackAlias: 1n,
  group: 0n,
  subgroup: 0n,
  priority: 0,
  hasProperties: false,
  endOfGroup: false,
  firstObject: false,
};

function log(budget: BufferBudget, retained = false): SubgroupLog {
  return new SubgroupLog(HEADER, 0n, 0n, 0, profileByDraft('18') as DraftProfile, budget, retained);
}

function piece(object: bigint, offset: number, bytes: readonly number[], length: number, priority = 0): ObjectFragment {
  return {
    header: {
      group: 0n,
      subgroup: 0n,
      object,
      priority,
      status: 'normal',
      properties: new Uint8Array(),
      payloadLength: length,
    },
    offset,
    bytes: Uint8Array.from(bytes),
    complete: offset + bytes.length === length,
  };
}

/** Takes a batch when told, and remembers which. */
class Reader implements LogReader {
  readonly takesEnd = false;
  position: number;
  readonly taken: Batch[] = [];
  ended = false;

  constructor(
    private readonly log: SubgroupLog,
    private readonly patient: boolean,
  ) {
    this.position = log.base;
    log.add(this);
    if (this.position === log.length) log.markIdle(this);
    else if (!patient) this.takeAll();
  }

  onBatch(): void {
    if (this.patient) this.log.markBusy(this);
    else this.takeAll();
  }

  onEnd(): void {
    this.ended = true;
  }

  take(): void {
    if (this.position === this.log.length) return;
    const batch = this.log.at(this.position);
    this.position++;
    this.taken.push(batch);
    if (this.position === this.log.length) this.log.markIdle(this);
  }

  takeAll(): void {
    while (this.position < this.log.length) this.take();
  }
}

const payloadOf = (object: bigint): Buffer => Buffer.alloc(20, Number(object));

/** So many objects as they come off a stream, in three reads of which the second begins and ends within an object. */
function received(objects: number): Batch[] {
  const profile = profileByDraft('18') as DraftProfile;
  const encoder = new SubgroupEncoder(profile, HEADER);
  const parts: Uint8Array[] = [];
  for (let object = 0n; object < objects; object++) {
    parts.push(encoder.objectHeader({ object }, 20), payloadOf(object));
  }
  const bytes = Buffer.concat(parts);
  const decoder = new SubgroupDecoder(profile, { maxObjectBytes: 100, maxPropertiesBytes: 100 });
  decoder.push(encodeSubgroupHeader(profile, HEADER));
  const cuts = [0, 22 * 40 + 7, 22 * 70 + 9, bytes.length];
  return cuts.slice(1).map((cut, i) => new Batch(decoder.push(bytes.subarray(cuts[i], cut)), 0));
}

describe('a log', () => {
  it('gives every reader every batch since it joined, in order, and in the end gives all memory back', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const) }),
      fc.record({ kind: fc.constant('join' as const), patient: fc.boolean() }),
      fc.record({ kind: fc.constant('take' as const), which: fc.nat(9) }),
      fc.record({ kind: fc.constant('leave' as const), which: fc.nat(9) }),
      fc.record({ kind: fc.constant('release' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, retained) => {
        const budget = new BufferBudget(Number.POSITIVE_INFINITY, () => {});
        const subject = log(budget, retained);
        let settled = false;
        subject.onSettled = () => {
          settled = true;
        };
        const appended: Batch[] = [];
        const readers: { reader: Reader; from: number }[] = [];
        for (const one of steps) {
          if (one.kind === 'append') {
            const batch = new Batch([piece(BigInt(appended.length), 0, [1], 1)], 0);
            appended.push(batch);
            subject.append(batch);
          } else if (one.kind === 'join') {
            readers.push({ from: subject.base, reader: new Reader(subject, one.patient) });
          } else if (one.kind === 'release') subject.release();
          else {
            const index = readers.length === 0 ? -1 : one.which % readers.length;
            if (index < 0) continue;
            if (one.kind === 'take') readers[index]?.reader.take();
            else subject.remove(readers.splice(index, 1)[0]?.reader as Reader);
          }
          for (const { reader, from } of readers) {
            expect(reader.taken).toEqual(appended.slice(from, from + reader.taken.length));
          }
        }
        for (const { reader, from } of readers) {
          reader.takeAll();
          expect(reader.taken).toEqual(appended.slice(from));
        }
        subject.finish({ kind: 'fin' });
        expect(readers.every(({ reader }) => reader.ended)).toBe(true);
        subject.release();
        expect(settled).toBe(readers.length === 0);
        for (const { reader } of readers) subject.remove(reader);
        expect(settled).toBe(true);
        subject.dispose();
        expect(budget.used).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('has demand while one reader waits for more', () => {
    const subject = log(new BufferBudget(1e9, () => {}));
    let told = 0;
    subject.onDemand = () => told++;
    const [slow, fast] = [new Reader(subject, true), new Reader(subject, false)];
    subject.append(new Batch([piece(0n, 0, [1], 1)], 0));
    expect(subject.hasDemand).toBe(true);
    subject.remove(fast);
    expect(subject.hasDemand).toBe(false);
    const before = told;
    slow.takeAll();
    expect(subject.hasDemand).toBe(true);
    expect(told).toBe(before + 1);
  });

  it('knows how far it has come, also within an object', () => {
    const subject = log(new BufferBudget(1e9, () => {}), true);
    subject.append(new Batch([piece(3n, 0, [1], 1), piece(7n, 0, [1], 4)], 0));
    expect([subject.lastComplete, subject.lastStarted, subject.isMidObject]).toEqual([3n, 7n, true]);
    subject.append(new Batch([piece(7n, 1, [2, 3, 4], 4)], 0));
    expect([subject.lastComplete, subject.isMidObject]).toEqual([7n, false]);
    expect(subject.piecesOf(7n).map(({ offset }) => offset)).toEqual([0, 1]);
    expect(subject.piecesOf(5n)).toEqual([]);
    expect([subject.has(3n), subject.has(4n), subject.has(7n)]).toEqual([true, false, true]);
    expect([...subject.objects(4n)].map(({ header }) => header.object)).toEqual([7n]);
  });

  it('lets go of the pieces of small objects once every reader has taken them, and makes them again', () => {
    const one = log(new BufferBudget(Number.POSITIVE_INFINITY, () => {}), true);
    const batches = received(100);
    const quick = new Reader(one, false);
    for (const batch of batches.slice(0, 2)) {
      const before = batch.fragments;
      one.append(batch);
      expect(batch.fragments).not.toBe(before);
      expect(batch.fragments).toEqual(before);
    }
    const slow = new Reader(one, true);
    const last = batches[2] as Batch;
    const before = last.fragments;
    one.append(last);
    expect(last.fragments).toBe(before);
    expect(quick.taken).toEqual(batches);
    expect(slow.taken).toEqual([]);
    for (let object = 0n; object < 100n; object++) {
      expect(one.has(object)).toBe(true);
      const pieces = one.piecesOf(object);
      expect(Buffer.concat(pieces.map(({ bytes }) => bytes))).toEqual(payloadOf(object));
    }
    expect(one.has(100n)).toBe(false);
    const all = [...one.objects(98n)];
    expect(all.map(({ header }) => header.object)).toEqual([98n, 99n]);
  });
});

describe('agrees', () => {
  const subject = log(new BufferBudget(1e9, () => {}), true);
  subject.append(new Batch([piece(7n, 0, [1, 2], 4)], 0));

  it.each([
    ['the same piece', piece(7n, 0, [1, 2], 4), true],
    ['a longer piece with the same beginning', piece(7n, 0, [1, 2, 9, 9], 4), true],
    ['a piece of what has not arrived', piece(7n, 2, [9, 9], 4), true],
    ['a piece that overlaps and fits', piece(7n, 1, [2, 9], 4), true],
    ['another byte', piece(7n, 0, [1, 3], 4), false],
    ['another byte in the overlap', piece(7n, 1, [3], 4), false],
    ['another length', piece(7n, 0, [1, 2], 5), false],
    ['another priority', piece(7n, 0, [1, 2], 4, 1), false],
    ['another object', piece(8n, 0, [5], 1), true],
  ])('judges %s', (_, fragment, result) => {
    expect(agrees(subject, fragment)).toBe(result);
  });
});
