import { describe, expect, it } from 'vitest';
import { StreamOpener } from '../../../../../src/core/transport/w3c/stream-opener.js';
import { type Deferred, deferred } from '../../../../../src/core/util/deferred.js';
import { eventually } from '../../../../support/wait.js';

/** Streams that the test hands out itself. */
function world() {
  const asked: Deferred<string>[] = [];
  const opener = new StreamOpener<string>(
    () => {
      const one = deferred<string>();
      asked.push(one);
      return one.promise;
    },
    async (error) => new Error(`explained: ${error.message}`),
  );
  return { asked, opener };
}

describe('asking for streams', () => {
  it('serves first who asked first, in whatever order the answers come', async () => {
    const { asked, opener } = world();
    const order: string[] = [];
    const both = ['first', 'second'].map((who) =>
      opener.open(undefined).then((stream) => order.push(`${who}: ${stream}`)),
    );
    asked[1]?.resolve('b');
    await both[0];
    asked[0]?.resolve('a');
    await both[1];
    expect(order).toEqual(['first: b', 'second: a']);
  });

  it('keeps what nobody waits for any more for the next', async () => {
    const { asked, opener } = world();
    const controller = new AbortController();
    const aborted = opener.open(controller.signal);
    controller.abort(new Error('changed my mind'));
    await expect(aborted).rejects.toThrow('changed my mind');
    expect(opener.tryOpen()).toBeNull();
    asked[0]?.resolve('a');
    await eventually(() => opener.tryOpen() === 'a', 'the stream to be kept');
    expect(asked).toHaveLength(1);
  });

  it('asks again where credit is refused instead of waited for', async () => {
    const { asked, opener } = world();
    const opening = opener.open(undefined);
    asked[0]?.reject(Object.assign(new Error('no credit'), { name: 'QuotaExceededError' }));
    await eventually(() => asked.length === 2, 'another try');
    asked[1]?.resolve('a');
    expect(await opening).toBe('a');
  });

  it('says why a stream could not be opened, and fails everyone when the session ends', async () => {
    const { asked, opener } = world();
    const failed = opener.open(undefined);
    asked[0]?.reject(new Error('broken'));
    await expect(failed).rejects.toThrow('explained: broken');
    const waiting = opener.open(undefined);
    opener.end(new Error('over'));
    await expect(waiting).rejects.toThrow('over');
    await expect(opener.open(undefined)).rejects.toThrow('over');
  });

  it('has a bounded number of questions under way', async () => {
    const { asked, opener } = world();
    const all = Array.from({ length: 200 }, () => opener.open(undefined));
    expect(asked).toHaveLength(64);
    for (let i = 0; i < 200; i++) {
      await eventually(() => asked.length > i, 'the next question');
      asked[i]?.resolve(String(i));
    }
    expect((await Promise.all(all)).map(Number)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });
});
