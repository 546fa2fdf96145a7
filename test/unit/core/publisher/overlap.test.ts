import { describe, expect, it } from 'vitest';
import { publish } from '../../../../src/core/publisher/publish.js';
import type { IncomingSubgroup, SubscriptionSink } from '../../../../src/core/session/session.js';
import { StreamReset } from '../../../../src/core/transport/transport-errors.js';
import { DRAFTS } from '../../../session/support/sessions.js';
import { randomBytes } from '../../../support/random.js';
import { chunksOf, TRACK, trackPair } from '../../../support/tracks.js';
import { eventually, soon } from '../../../support/wait.js';

const KIB = 1024;
const GROUP = 128 * KIB;

/** Keeps the streams of a subscription, read by nobody. */
class Held implements SubscriptionSink {
  readonly streams: IncomingSubgroup[] = [];

  onSubgroup(stream: IncomingSubgroup): void {
    this.streams.push(stream);
  }
  onDatagram(): void {}

  async read(group: number): Promise<number> {
    const stream = await eventually(() => this.streams.find((one) => one.header.group === BigInt(group)), `${group}`);
    let bytes = 0;
    for (let run = await stream.read(); run !== null; run = await stream.read()) {
      for (const fragment of run) bytes += fragment.bytes.length;
    }
    return bytes;
  }
}

/** Ten groups of 128 KiB over streams with windows of 16 KiB, towards a subscriber that reads as it is told. */
async function published(draft: string, queue?: number) {
  const pair = await trackPair(draft, { transport: { server: { streamWindow: 16 * KIB } } });
  const stop = new AbortController();
  let given = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(randomBytes(10 * GROUP, 7), 16 * KIB)) {
      given += chunk.length;
      yield chunk;
    }
  }
  const publisher = publish(pair.publisherSession, {
    track: TRACK,
    source: { kind: 'bytes', chunks: source() },
    groupEvery: { bytes: GROUP },
    limits: { readAhead: 16 * KIB, ...(queue !== undefined && { queue }) },
    signal: stop.signal,
    drainTimeoutMs: 100,
  });
  const held = new Held();
  const announced = async () => {
    for (;;) {
      try {
        return await pair.subscriberSession.subscribe(TRACK, {}, held);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  const subscription = await soon(announced(), 'the subscription');
  return { pair, publisher, held, subscription, stop, given: () => given };
}

describe.each(DRAFTS)('a group whose stream waits for its window, on draft %s,', (draft) => {
  it('does not hold up the groups that follow', async () => {
    const { pair, publisher, held } = await published(draft);
    expect(await soon(held.read(3), 'a later group')).toBe(GROUP);
    expect(await soon(held.read(1), 'another')).toBe(GROUP);
    // And is itself still whole when it is read at last.
    for (const group of [0, 2, 4, 5, 6, 7, 8, 9]) expect(await soon(held.read(group), `group ${group}`)).toBe(GROUP);
    expect(await soon(publisher.done, 'the end')).toMatchObject({ outcome: 'complete', bytes: 10 * GROUP });
    await pair.client.close();
  });

  it('holds the source up when so much waits as may', async () => {
    const { pair, publisher, held, given } = await published(draft, 2 * GROUP);
    await eventually(() => held.streams.length >= 2, 'the second group');
    let before = -1;
    await eventually(() => {
      const rests = given() === before;
      before = given();
      return rests && before > 2 * GROUP;
    }, 'the source rests');
    // Two groups that wait, their windows, what is read ahead, and what one turn may add.
    expect(given()).toBeLessThan(5 * GROUP);
    for (let group = 0; group < 10; group++) expect(await soon(held.read(group), `group ${group}`)).toBe(GROUP);
    expect(await soon(publisher.done, 'the end')).toMatchObject({ outcome: 'complete' });
    await pair.client.close();
  });

  it('is reset with them when the publisher gives up, though they have ended', async () => {
    const { pair, publisher, held, stop } = await published(draft);
    await eventually(() => held.streams.length >= 10, 'all groups');
    stop.abort();
    await soon(
      publisher.done.catch(() => {}),
      'the end',
    );
    await expect(held.read(4)).rejects.toBeInstanceOf(StreamReset);
    await pair.client.close();
  });
});
