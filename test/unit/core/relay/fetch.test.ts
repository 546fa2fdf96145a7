import { afterEach, describe, expect, it } from 'vitest';
import type { RelayPolicy } from '../../../../src/core/relay/policy.js';
import type { IncomingFetch, Publication } from '../../../../src/core/session/session.js';
import { StreamReset } from '../../../../src/core/transport/transport-errors.js';
import { concatBytes, utf8 } from '../../../../src/core/util/bytes.js';
import type { Location } from '../../../../src/core/wire/location.js';
import type { FetchTarget } from '../../../../src/core/wire/messages/control-message.js';
import type { Parameters } from '../../../../src/core/wire/messages/parameters.js';
import { PROPERTY } from '../../../../src/core/wire/properties.js';
import {
  DRAFTS,
  type Draft,
  type Member,
  namespace,
  Recorder,
  RelayWorld,
  trackName,
} from '../../../support/relay-world.js';
import { eventually, soon } from '../../../support/wait.js';

const TRACK = trackName('live/video');
let world: RelayWorld;
let publication: Publication;

afterEach(async () => {
  await world.close();
});

function at(group: number, object: number): Location {
  return { group: BigInt(group), object: BigInt(object) };
}

function range(start: Location, end: Location): FetchTarget {
  return { type: 'standalone', track: TRACK, start, end };
}

async function fetched(member: Member, target: FetchTarget, parameters: Parameters = {}) {
  const response = member.session.fetch(target, parameters);
  const entries: string[] = [];
  let pieces: Uint8Array[] = [];
  const all = (async () => {
    for (let some = await response.read(); some !== null; some = await response.read()) {
      for (const entry of some) {
        if (entry.kind === 'end-of-range') {
          entries.push(`${entry.range} to ${entry.group}`);
          continue;
        }
        if (entry.offset === 0) pieces = [];
        pieces.push(entry.bytes);
        const { group, object } = entry.header;
        if (entry.complete) entries.push(`${group}.${object} ${Buffer.from(concatBytes(pieces)).toString()}`);
      }
    }
  })();
  all.catch(() => {});
  const ok = await soon(response.ok, 'FETCH_OK');
  await soon(all, 'the end of the fetch');
  return { ok, entries };
}

async function write(group: number, ids: readonly number[], subgroup = 0): Promise<void> {
  const stream = await publication.openSubgroup({
    group: BigInt(group),
    subgroup: BigInt(subgroup),
    hasProperties: false,
    priority: 3,
  });
  for (const id of ids) await stream.writeObject({ object: BigInt(id) }, utf8(`p${group}${id}`));
  stream.end();
}

/** Groups 4 and 5 in the relay, subscribed to by one who has them all; group 5 in two subgroups. */
async function cached(
  policy: Partial<RelayPolicy> = {},
  onFetch?: (request: IncomingFetch) => void,
): Promise<Recorder> {
  world = new RelayWorld({ policy });
  const publisher = await world.connect('18', {
    onSubscribe(request) {
      publication = request.accept({ trackProperties: [{ type: PROPERTY.maxCacheDuration, value: 60_000n }] });
    },
    ...(onFetch && { onFetch }),
  });
  await publisher.session.publishNamespace(namespace('live'));
  const member = await world.connect('18');
  const recorder = new Recorder(member.profile);
  await member.session.subscribe(TRACK, {}, recorder);
  await write(4, [0, 1, 2]);
  await write(5, [0, 2, 4], 0);
  await write(5, [1, 3], 1);
  await recorder.untilEnded(3);
  return recorder;
}

describe.each(DRAFTS)('a FETCH on draft %s', (draft) => {
  it('of what is cached is answered by the relay, in order across subgroups', async () => {
    await cached();
    const member = await world.connect(draft);
    const { ok, entries } = await fetched(member, range(at(4, 1), at(5, 4)));
    expect(entries).toEqual(['4.1 p41', '4.2 p42', '5.0 p50', '5.1 p51', '5.2 p52', '5.3 p53']);
    expect(ok).toMatchObject({ endOfTrack: false, end: at(5, 4) });
    if (draft !== '14') expect(ok.trackProperties).toEqual([{ type: PROPERTY.maxCacheDuration, value: 60_000n }]);
    expect(world.counter('fetchesFromCache')).toBe(1);
  });

  it('of whole groups ends at the largest object, and says so', async () => {
    await cached();
    const member = await world.connect(draft);
    const { ok, entries } = await fetched(member, range(at(5, 2), at(9, 0)));
    expect(entries).toEqual(['5.2 p52', '5.3 p53', '5.4 p54']);
    expect(ok.end).toEqual(at(5, 5));
  });

  it('can ask for the groups the other way round', async () => {
    await cached();
    const member = await world.connect(draft);
    const { entries } = await fetched(member, range(at(4, 2), at(5, 2)), { groupOrder: 'descending' });
    expect(entries).toEqual(['5.0 p50', '5.1 p51', '4.2 p42']);
  });

  it('beyond what was published is refused with INVALID_RANGE', async () => {
    await cached();
    const member = await world.connect(draft);
    await expect(fetched(member, range(at(7, 0), at(8, 0)))).rejects.toMatchObject({
      rejection: { name: 'INVALID_RANGE' },
    });
  });

  it('of a track that nobody publishes is refused', async () => {
    world = new RelayWorld();
    const member = await world.connect(draft);
    await expect(fetched(member, range(at(0, 0), at(1, 0)))).rejects.toMatchObject({
      rejection: { name: draft === '14' ? 'TRACK_DOES_NOT_EXIST' : 'DOES_NOT_EXIST' },
    });
  });

  it('that joins a subscription ends just before it, and waits for the object that is arriving', async () => {
    await cached();
    const stream = await publication.openSubgroup({ group: 6n, subgroup: 0n, hasProperties: false });
    await stream.writeObject({ object: 0n }, utf8('p60'));
    await stream.beginObject({ object: 1n }, 3);
    await stream.writePayload(utf8('p'));
    await eventually(() => world.core.knownTrack(TRACK)?.store.largest?.object === 1n, 'the object to begin');
    const member = await world.connect(draft);
    const recorder = new Recorder(member.profile);
    const subscription = await member.session.subscribe(TRACK, { filter: { type: 'largest-object' } }, recorder);
    const joining = fetched(member, {
      type: 'relative-joining',
      joiningRequestId: subscription.requestId,
      joiningStart: 1n,
    });
    await stream.writePayload(utf8('61'));
    await stream.writeObject({ object: 2n }, utf8('p62'));
    stream.end();
    await recorder.untilEnded(1);
    const { entries } = await joining;
    expect(entries.slice(-3)).toEqual(['5.4 p54', '6.0 p60', '6.1 p61']);
    expect(entries).toHaveLength(7);
    expect(recorder.texts).toEqual(['p62']);
  });

  it('of what is not cached is forwarded to the publisher', async () => {
    const asked: FetchTarget[] = [];
    await cached({}, (request) => {
      asked.push(request.target);
      void request.accept({ endOfTrack: false, end: at(1, 2) }).then(async (out) => {
        await out.writeObject({ group: 1n, subgroup: 0n, object: 0n, priority: 3 }, utf8('old 0'));
        await out.writeObject({ group: 1n, subgroup: 2n, object: 1n, priority: 3 }, utf8('old 1'));
        out.end();
      });
    });
    const member = await world.connect(draft);
    const { ok, entries } = await fetched(member, range(at(1, 0), at(1, 2)));
    expect(entries).toEqual(['1.0 old 0', '1.1 old 1']);
    expect(ok.end).toEqual(at(1, 2));
    expect(asked).toEqual([range(at(1, 0), at(1, 2))]);
    expect(world.counter('fetchesForwarded')).toBe(1);
  });
});

describe('a FETCH that reaches back beyond the cache, of a publisher that answers none', () => {
  it.each(['16', '18'] as const)(
    'gets what there is, and hears that the rest is unknown, on draft %s',
    async (draft) => {
      await cached();
      const member = await world.connect(draft);
      const { entries } = await fetched(member, range(at(0, 0), at(5, 2)));
      expect(entries).toEqual(['unknown to 3', '4.0 p40', '4.1 p41', '4.2 p42', '5.0 p50', '5.1 p51']);
    },
  );

  it('is refused on draft 14, where a gap would mean that nothing was there', async () => {
    await cached();
    const member = await world.connect('14');
    await expect(fetched(member, range(at(0, 0), at(5, 2)))).rejects.toMatchObject({
      rejection: { name: 'NOT_SUPPORTED' },
    });
  });
});

describe('a FETCH with a FILL_TIMEOUT', () => {
  /** The publisher answers as far as it is told to, and then is silent. */
  function slowly(objects: readonly [number, number][] | null): (request: IncomingFetch) => void {
    return (request) => {
      if (objects === null) return;
      void request.accept({ endOfTrack: false, end: at(5, 2) }).then(async (out) => {
        for (const [group, object] of objects) {
          await out.writeObject({ ...at(group, object), subgroup: 0n, priority: 3 }, utf8(`u${group}${object}`));
        }
      });
    };
  }

  const CACHED = ['4.0 p40', '4.1 p41', '4.2 p42', '5.0 p50', '5.1 p51'];

  it('of 0 gets what is here at once, and asks no publisher', async () => {
    let asked = 0;
    await cached({}, () => asked++);
    const member = await world.connect('18');
    const { entries } = await fetched(member, range(at(3, 0), at(5, 2)), { fillTimeout: 0n });
    expect(entries).toEqual(['unknown to 3', ...CACHED]);
    expect(asked).toBe(0);
  });

  it('of 0 says that an object that is still arriving is unknown', async () => {
    await cached();
    const stream = await publication.openSubgroup({ group: 6n, subgroup: 0n, hasProperties: false });
    await stream.writeObject({ object: 0n }, utf8('p60'));
    await stream.beginObject({ object: 1n }, 3);
    await stream.writePayload(utf8('p'));
    await eventually(() => world.core.knownTrack(TRACK)?.store.largest?.object === 1n, 'the object to begin');
    const member = await world.connect('18');
    const { entries } = await fetched(member, range(at(6, 1), at(6, 2)), { fillTimeout: 0n });
    expect(entries).toEqual(['unknown to 6']);
  });

  it('of 0 is refused where nothing is known of the track', async () => {
    await cached({}, slowly(null));
    const member = await world.connect('18');
    const other: FetchTarget = { type: 'standalone', track: trackName('live/other'), start: at(0, 0), end: at(1, 0) };
    await expect(fetched(member, other, { fillTimeout: 0n })).rejects.toMatchObject({ rejection: { name: 'TIMEOUT' } });
  });

  it('waits no longer for a publisher that does not answer', async () => {
    await cached({}, slowly(null));
    const member = await world.connect('18');
    const { entries } = await fetched(member, range(at(3, 0), at(5, 2)), { fillTimeout: 20n });
    expect(entries).toEqual(['unknown to 3', ...CACHED]);
  });

  it('goes on from the cache when a publisher falls silent in the middle', async () => {
    await cached(
      {},
      slowly([
        [3, 0],
        [4, 0],
      ]),
    );
    const member = await world.connect('18');
    const { entries } = await fetched(member, range(at(3, 0), at(5, 2)), { fillTimeout: 100n });
    expect(entries).toEqual(['3.0 u30', '4.0 u40', ...CACHED.slice(1)]);
  });

  it('does so downwards, too', async () => {
    await cached(
      {},
      slowly([
        [5, 0],
        [5, 1],
        [4, 0],
      ]),
    );
    const member = await world.connect('18');
    const parameters = { fillTimeout: 100n, groupOrder: 'descending' } as const;
    const { entries } = await fetched(member, range(at(3, 1), at(5, 2)), parameters);
    expect(entries).toEqual(['5.0 u50', '5.1 u51', '4.0 u40', '4.1 p41', '4.2 p42', 'unknown to 3']);
  });
});

describe('a FETCH of a publisher that falls silent', () => {
  const silent = (request: IncomingFetch): void => {
    void request.accept({ endOfTrack: false, end: at(5, 2) }).then(async (out) => {
      await out.writeObject({ ...at(3, 0), subgroup: 0n, priority: 3 }, utf8('u30'));
    });
  };

  it.each(['16', '18'] as const)('ends with what is known after the request timeout, on draft %s', async (draft) => {
    await cached({ requestTimeoutMs: 60 }, silent);
    const member = await world.connect(draft);
    const { entries } = await fetched(member, range(at(3, 0), at(5, 2)));
    expect(entries).toEqual(['3.0 u30', 'unknown to 3', '4.0 p40', '4.1 p41', '4.2 p42', '5.0 p50', '5.1 p51']);
  });

  it('is reset on draft 14, where silence would mean that nothing was there', async () => {
    await cached({ requestTimeoutMs: 60 }, silent);
    const member = await world.connect('14');
    await expect(fetched(member, range(at(3, 0), at(5, 2)))).rejects.toBeInstanceOf(StreamReset);
  });
});

describe('a FETCH of a publisher that breaks off before its first entry', () => {
  const broken = (request: IncomingFetch): void => {
    void request.accept({ endOfTrack: false, end: at(5, 2) }).then((out) => out.reset('INTERNAL_ERROR'));
  };

  it.each(['16', '18'] as const)('is answered with what is known on draft %s', async (draft) => {
    await cached({}, broken);
    const member = await world.connect(draft);
    const { entries } = await fetched(member, range(at(3, 0), at(5, 2)));
    expect(entries).toEqual(['unknown to 3', '4.0 p40', '4.1 p41', '4.2 p42', '5.0 p50', '5.1 p51']);
  });

  it('is refused on draft 14', async () => {
    await cached({}, broken);
    const member = await world.connect('14');
    await expect(fetched(member, range(at(3, 0), at(5, 2)))).rejects.toMatchObject({ code: 'MOQT_E_REJECTED' });
  });
});

it('a FETCH of a publisher whose first entry is late is accepted meanwhile', async () => {
  let begin = async (): Promise<void> => {};
  await cached({}, (request) => {
    void request.accept({ endOfTrack: false, end: at(3, 1) }).then((out) => {
      begin = async () => {
        await out.writeObject({ ...at(3, 0), subgroup: 0n, priority: 3 }, utf8('u30'));
        out.end();
      };
    });
  });
  const member = await world.connect('18');
  const response = member.session.fetch(range(at(3, 0), at(3, 1)), {});
  await response.ok;
  await begin();
  expect(await response.read()).toMatchObject([{ header: { group: 3n, object: 0n } }]);
  expect(await response.read()).toBeNull();
});

describe('a joining FETCH', () => {
  it.each(
    DRAFTS.flatMap(
      (draft) =>
        [
          [draft, 'relative-joining', 0n, ['5.0 p50', '5.1 p51', '5.2 p52', '5.3 p53', '5.4 p54']],
          [draft, 'relative-joining', 1n, ['4.0 p40', '4.1 p41', '4.2 p42', '5.0 p50']],
          [draft, 'absolute-joining', 5n, ['5.0 p50', '5.1 p51', '5.2 p52', '5.3 p53', '5.4 p54']],
          [draft, 'absolute-joining', 4n, ['4.0 p40', '4.1 p41', '4.2 p42', '5.0 p50']],
        ] as const,
    ),
  )(
    'on draft %s that is %s from %s begins there, and comes from the cache',
    async (draft, type, joiningStart, begin) => {
      await cached();
      const member = await world.connect(draft);
      const filter = { type: 'largest-object' } as const;
      const { requestId } = await member.session.subscribe(TRACK, { filter }, new Recorder(member.profile));
      const { ok, entries } = await fetched(member, { type, joiningRequestId: requestId, joiningStart });
      expect(entries.slice(0, begin.length)).toEqual(begin);
      expect(entries.at(-1)).toBe('5.4 p54');
      expect(ok.end).toEqual(at(5, 5));
      expect(world.counter('fetchesFromCache')).toBe(1);
    },
  );
});

describe('TRACK_STATUS', () => {
  async function status(draft: Draft) {
    const member = await world.connect(draft);
    return member.session.trackStatus(TRACK);
  }

  it.each(DRAFTS)('is answered from what the relay knows, on draft %s', async (draft) => {
    await cached();
    const { parameters, trackProperties } = await status(draft);
    expect(parameters?.largestObject).toEqual(at(5, 4));
    if (draft === '18') expect(trackProperties).toEqual([{ type: PROPERTY.maxCacheDuration, value: 60_000n }]);
  });

  it.each(DRAFTS)('is forwarded to the publisher of the namespace, on draft %s', async (draft) => {
    world = new RelayWorld();
    const publisher = await world.connect(draft, {
      onTrackStatus: (request) => request.accept({ parameters: { largestObject: at(8, 1) } }),
    });
    await publisher.session.publishNamespace(namespace('live'));
    expect((await status('18')).parameters?.largestObject).toEqual(at(8, 1));
  });

  it.each(DRAFTS)('of a track that nobody publishes is refused, on draft %s', async (draft) => {
    world = new RelayWorld();
    await expect(status(draft)).rejects.toMatchObject({
      rejection: { name: draft === '14' ? 'TRACK_DOES_NOT_EXIST' : 'DOES_NOT_EXIST' },
    });
  });
});
