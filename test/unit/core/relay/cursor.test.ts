import { describe, expect, it } from 'vitest';
import { Batch } from '../../../../src/core/relay/batch.js';
import { BufferBudget } from '../../../../src/core/relay/buffer-budget.js';
import { Cursor, type CursorOwner } from '../../../../src/core/relay/cursor.js';
import { type IntakeTrack, StreamIntake } from '../../../../src/core/relay/intake.js';
import { SubgroupLog } from '../../../../src/core/relay/subgroup-log.js';
import { Tally } from '../../../../src/core/relay/tally.js';
import { UnsentStreams } from '../../../../src/core/relay/unsent-streams.js';
import type { IncomingSubgroup, OutgoingSubgroup, Publication } from '../../../../src/core/session/session.js';
import { utf8 } from '../../../../src/core/util/bytes.js';
import { systemClock } from '../../../../src/core/util/clock.js';
import { deferred } from '../../../../src/core/util/deferred.js';
import { profileByDraft } from '../../../../src/core/wire/drafts/index.js';
import type { ObjectFragment, SubgroupHeader } from '../../../../src/core/wire/messages/object.js';
import type { DraftProfile } from '../../../../src/core/wire/profile.js';
import { eventually, staysPending } from '../../../support/wait.js';

const PROFILE = profileByDraft('18') as DraftProfile;
const HEADER: SubgroupHeader = {
  trackAlias: 1n,
  group: 0n,
  subgroup: 0n,
  priority: 128,
  hasProperties: false,
  endOfGroup: true,
  firstObject: false,
};

function objectOf(object: bigint): ObjectFragment {
  const bytes = utf8(`object ${object}`);
  const header = { group: 0n, subgroup: 0n, object, priority: 128, status: 'normal', properties: new Uint8Array() };
  return { header: { ...header, payloadLength: bytes.length }, offset: 0, bytes, complete: true } as ObjectFragment;
}

/** A stream to a subscriber that takes nothing: what is written to it waits in its queue. */
function stuckStream(inOnePiece: boolean) {
  const said: string[] = [];
  const taken = deferred();
  const write = (what: string) => {
    said.push(what);
    return taken.promise;
  };
  const stream = {
    header: HEADER,
    queuedBytes: 8,
    stopped: new Promise(() => {}),
    writeObject: () => write('object'),
    ...(inOnePiece && { writeFragments: (run: readonly ObjectFragment[]) => write(`objects: ${run.length}`) }),
    end: () => said.push('end'),
    reset: (code: string) => said.push(`reset ${code}`),
    delivered: () => new Promise(() => {}),
  } as unknown as OutgoingSubgroup;
  return { said, taken, stream };
}

function subscriber(
  stream: OutgoingSubgroup,
  log: SubgroupLog,
  unsent = new UnsentStreams(),
  credit?: Promise<OutgoingSubgroup>,
) {
  const left: Cursor[] = [];
  const owner = {
    publication: {
      tryOpenSubgroup: () => (credit === undefined ? stream : null),
      openSubgroup: () => credit,
    } as unknown as Publication,
    profile: PROFILE,
    floor: { group: 0n, object: 0n },
    clock: systemClock,
    tally: new Tally(),
    objectTimeoutMs: 0,
    subgroupTimeoutMs: 0,
    unsent,
    addLag: () => {},
    progressed: () => {},
    left: (cursor: Cursor) => left.push(cursor),
    report: (error: unknown) => {
      throw error;
    },
  } satisfies CursorOwner;
  const cursor = new Cursor(owner, log, 'start');
  cursor.start();
  return { cursor, left };
}

function newLog(): SubgroupLog {
  return new SubgroupLog(HEADER, 0n, 0n, 128, PROFILE, new BufferBudget(1 << 20, () => {}), false);
}

it('a stream that is open goes on, however much of others is left to be sent', async () => {
  const { said, taken, stream } = stuckStream(true);
  const unsent = new UnsentStreams();
  const log = newLog();
  subscriber(stream, log, unsent);
  log.append(new Batch([objectOf(0n)], 0));
  const ended = { queuedBytes: 64_000, delivered: () => new Promise(() => {}) } as unknown as OutgoingSubgroup;
  for (let i = 0; i < 20; i++) unsent.add({ ...ended } as OutgoingSubgroup);
  expect(unsent.room()).toBeInstanceOf(Promise);
  taken.resolve();
  log.append(new Batch([objectOf(1n)], 0));
  await eventually(() => said.length === 2, 'the next object');
});

describe('the end of a stream whose last bytes wait to be sent', () => {
  it('is given to the stream while they wait, so that it travels with them', () => {
    const { said, stream } = stuckStream(true);
    const log = newLog();
    const { left } = subscriber(stream, log);
    log.append(new Batch([objectOf(0n), objectOf(1n)], 0));
    log.finish({ kind: 'fin' });
    expect(said).toEqual(['objects: 2', 'end']);
    expect(left).toHaveLength(1);
  });

  it('waits for pieces that have not been written', async () => {
    const { said, taken, stream } = stuckStream(true);
    const log = newLog();
    subscriber(stream, log);
    log.append(new Batch([objectOf(0n)], 0));
    log.append(new Batch([objectOf(1n)], 0));
    log.finish({ kind: 'fin' });
    expect(said).toEqual(['objects: 1']);
    taken.resolve();
    await eventually(() => said.length === 3, 'the rest');
    expect(said).toEqual(['objects: 1', 'objects: 1', 'end']);
  });

  it('waits where objects are written one by one, of which some may not have been', async () => {
    const { said, taken, stream } = stuckStream(false);
    const log = newLog();
    subscriber(stream, log);
    log.append(new Batch([objectOf(0n), objectOf(1n)], 0));
    log.finish({ kind: 'fin' });
    expect(said).toEqual(['object']);
    taken.resolve();
    await eventually(() => said.length === 3, 'the rest');
    expect(said).toEqual(['object', 'object', 'end']);
  });

  it('waits when too many full queues have ended', () => {
    const { said, stream } = stuckStream(true);
    const unsent = new UnsentStreams();
    const log = newLog();
    subscriber(stream, log, unsent);
    (stream as { queuedBytes: number }).queuedBytes = 3 << 20;
    log.append(new Batch([objectOf(0n)], 0));
    log.finish({ kind: 'fin' });
    expect(said).toEqual(['objects: 1']);
  });

  it('does not throw away what a reset comes behind', () => {
    const { said, stream } = stuckStream(true);
    const log = newLog();
    subscriber(stream, log);
    log.append(new Batch([objectOf(0n)], 0));
    log.finish({ kind: 'reset', name: 'CANCELLED' });
    expect(said).toEqual(['objects: 1']);
  });

  it('is read from the publisher although nobody takes more', async () => {
    const { said, stream } = stuckStream(true);
    const log = newLog();
    subscriber(stream, log);
    await intake(log).run();
    expect(said).toEqual(['objects: 1', 'end']);
  });

  it('is not read while the subscriber lets no stream be opened: the publisher gets no credit for another', async () => {
    const { said, stream } = stuckStream(true);
    const log = newLog();
    const credit = deferred<OutgoingSubgroup>();
    const { left } = subscriber(stream, log, new UnsentStreams(), credit.promise);
    const running = intake(log).run();
    expect(await staysPending(running)).toBe(true);
    expect(log.end).toBeNull();
    credit.resolve(stream);
    await eventually(() => said.length === 1, 'the object');
    expect(left).toEqual([]);
  });
});

/** A publisher's stream with one object, whose end came with it. */
function intake(log: SubgroupLog): StreamIntake {
  const runs = [[objectOf(0n)]];
  const incoming: IncomingSubgroup = {
    header: HEADER,
    get atEnd() {
      return runs.length === 0;
    },
    read: async () => runs.shift() ?? null,
    stop: () => {},
  };
  const entry = { slots: new Map(), logs: new Map([[0n, log]]), twinOf: () => null };
  const track = {
    open: true,
    shared: false,
    entry: () => entry,
    openLog: () => log,
    append: (_entry: unknown, to: SubgroupLog, run: readonly ObjectFragment[]) => to.append(new Batch(run, 0)),
  } as unknown as IntakeTrack;
  return new StreamIntake(track, { finishing: false, progressed: () => {} }, PROFILE, incoming);
}
