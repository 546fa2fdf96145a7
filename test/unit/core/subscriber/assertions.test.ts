import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AssertionChecker } from '../../../../src/core/subscriber/assertions.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import { sendStream, subscribedPair, takeAll } from '../../../support/tracks.js';

const failure = (cause: string): object => ({ code: 'MOQT_E_CHECK', exitCode: 1, reason: `assertion.${cause}` });
const thrown = (work: () => void): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('assertions about a track', () => {
  it('count objects at its end', () => {
    const checker = new AssertionChecker({ expectObjects: 2 }, 0);
    checker.object(1);
    expect(thrown(() => checker.end())).toMatchObject(failure('expect-objects'));
    checker.object(1);
    checker.end();
    expect([checker.deadline, checker.isSatisfied]).toEqual([null, false]);
  });

  it('bound the time for the expected objects, and are content once they are there', () => {
    const checker = new AssertionChecker({ expectObjects: 2, withinMs: 100 }, 50);
    expect(checker.deadline).toBe(150);
    checker.object(60);
    checker.check(150);
    expect(thrown(() => checker.check(151))).toMatchObject(failure('within'));
    checker.object(149);
    expect([checker.isSatisfied, checker.deadline]).toEqual([true, null]);
    checker.check(1000);
  });

  it('bound the time between two objects, not before the first', () => {
    const checker = new AssertionChecker({ maxGapMs: 10 }, 0);
    expect(checker.deadline).toBeNull();
    checker.object(1000);
    expect(checker.deadline).toBe(1010);
    checker.object(1010);
    expect(thrown(() => checker.object(1021))).toMatchObject(failure('max-gap'));
  });

  it('compare the hash of all payload, in either case of hex', () => {
    const sha256 = createHash('sha256').update('abc').digest('hex');
    const good = new AssertionChecker({ sha256: sha256.toUpperCase() }, 0);
    good.payload(utf8('ab'));
    expect(thrown(() => good.end())).toMatchObject(failure('sha256'));
    good.payload(utf8('c'));
    good.end();
    expect(good.sha256).toBe(sha256);
  });

  it('end a subscription as soon as they hold or break', async () => {
    const met = await subscribedPair('18', {
      filter: 'current-group',
      assertions: { expectObjects: 2, withinMs: 5000 },
    });
    await sendStream(met.publication, { group: 0n, objects: ['a', 'b'], end: 'open' });
    expect(await takeAll(met.subscription)).toMatchObject({ error: undefined, report: { objects: 2 } });
    await met.pair.client.close();

    const broken = await subscribedPair('18', { filter: 'current-group', assertions: { withinMs: 20 } });
    const { error, report } = await takeAll(broken.subscription);
    expect(error).toMatchObject(failure('within'));
    expect(report).toMatchObject({ outcome: 'failed', objects: 0 });
    await broken.pair.client.close();

    const gap = await subscribedPair('18', { filter: 'current-group', assertions: { maxGapMs: 20 } });
    await sendStream(gap.publication, { group: 0n, objects: ['a'], end: 'open' });
    expect((await takeAll(gap.subscription)).error).toMatchObject(failure('max-gap'));
    expect(await gap.publication.cancelled).toEqual({ kind: 'peer' });
    await gap.pair.client.close();
  });
});
