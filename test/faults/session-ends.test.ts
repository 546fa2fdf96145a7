import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdSession } from '../../src/cli/session/hold-session.js';
import { EXIT } from '../../src/core/errors/exit-codes.js';
import { MoqtError } from '../../src/core/errors/moqt-error.js';
import { probe } from '../../src/core/probe/probe.js';
import { probeRequests, type RequestsOptions } from '../../src/core/probe/requests/requests.js';
import { announce } from '../../src/core/publisher/announce.js';
import { publish } from '../../src/core/publisher/publish.js';
import type { Via } from '../../src/core/publisher/publish-options.js';
import { connect } from '../../src/core/session/connect/connect.js';
import type { ConnectedSession, ConnectSettings } from '../../src/core/session/connect/connect-settings.js';
import { settle } from '../../src/core/session/setup/settle.js';
import { subscribe } from '../../src/core/subscriber/subscribe.js';
import { parseMoqtUrl } from '../../src/core/url/parse-url.js';
import { FedSource } from '../support/fed-source.js';
import { loopbackCertificate } from '../support/loopback.js';
import type { Draft, RoguePeer } from '../support/rogue-peer.js';
import { ALIAS, subgroupStream } from '../support/rogue-tracks.js';
import { RogueServer, trackName } from '../support/rogue-world.js';
import { UdpProxy } from '../support/udp-proxy.js';
import { eventually, unlessHeldUp } from '../support/wait.js';

/** A client of ours at a peer that breaks off, over a network that can go dark. */
interface Meeting {
  readonly peer: RoguePeer;
  readonly network: UdpProxy;
}

type End = 'close 0' | 'PROTOCOL_VIOLATION' | 'UNAUTHORIZED' | 'unknown code' | 'GOAWAY' | 'GOAWAY to a URI' | 'dark';

const URI = 'moqt://other.example/';

/** The ways in which a session ends. */
const ENDS: Readonly<Record<End, (meeting: Meeting) => void>> = {
  'close 0': ({ peer }) => close(peer, 0n),
  PROTOCOL_VIOLATION: ({ peer }) => close(peer, 3n),
  UNAUTHORIZED: ({ peer }) => close(peer, 2n),
  'unknown code': ({ peer }) => close(peer, 0x7777n),
  GOAWAY: ({ peer }) => goAway(peer, ''),
  'GOAWAY to a URI': ({ peer }) => goAway(peer, URI),
  dark: ({ network }) => {
    network.blackhole = true;
  },
};

function close(peer: RoguePeer, code: bigint): void {
  void peer.transport.close(code, '', 500);
}

function goAway(peer: RoguePeer, newSessionUri: string): void {
  const { goAwayTimeout } = peer.profile.features;
  peer.control.message({ type: 'GOAWAY', newSessionUri, ...(goAwayTimeout && { timeout: 0n }) });
  // Behind it on the wire; the close must not overtake the stream.
  void sleep(50).then(() => close(peer, 0n));
}

/** How a piece of work ended. */
interface Outcome {
  readonly exit: number;
  readonly cause: string | undefined;
  readonly hint: string | undefined;
}

interface Moment {
  readonly what: string;
  /** Does what a command does, until the session ends. `arrived` is called once the moment has come that can be seen here. */
  readonly work: (at: { url: string; settings: ConnectSettings; arrived: () => void }) => Promise<Outcome>;
  /** What the peer does to bring it there. */
  readonly reach?: (meeting: Meeting) => Promise<unknown>;
  readonly state: 'setup' | 'open' | 'asked' | 'data';
}

const TRACK = trackName('live/x');

function accept(peer: RoguePeer): Promise<void> {
  return peer.nextRequest('PUBLISH_NAMESPACE').then(({ stream, id }) => {
    stream.message({ type: 'REQUEST_OK', request: 'PUBLISH_NAMESPACE', ...id, parameters: {} });
  });
}

async function acceptSubscribe(peer: RoguePeer): Promise<void> {
  const { stream, id } = await peer.nextRequest('SUBSCRIBE');
  stream.message({ type: 'SUBSCRIBE_OK', ...id, trackAlias: ALIAS, parameters: {} });
}

async function outcome(work: Promise<unknown>): Promise<Outcome> {
  try {
    await work;
    return { exit: EXIT.ok, cause: undefined, hint: undefined };
  } catch (error) {
    if (!(error instanceof MoqtError)) throw error;
    return { exit: error.exitCode, cause: error.reason, hint: error.hint };
  }
}

/** Work in a session. */
function inSession(work: (session: ConnectedSession, arrived: () => void) => Promise<unknown>): Moment['work'] {
  return ({ url, settings, arrived }) =>
    outcome(
      connect(url, settings).then(async (session) => {
        try {
          await work(session, arrived);
        } finally {
          await session.close();
        }
      }),
    );
}

const hold = inSession(async (session, arrived) => {
  arrived();
  await holdSession(session, { forMs: undefined, signal: new AbortController().signal });
});

const announcing = inSession((session, arrived) =>
  announce(session, { namespaces: [TRACK.namespace], onEvent: ({ kind }) => kind === 'accepted' && arrived() }),
);

function publishing(via: Via, texts: readonly string[] = []): Moment['work'] {
  return inSession((session, arrived) => {
    const fed = new FedSource();
    fed.give(...texts);
    const onEvent = ({ kind }: { kind: string }): void => {
      if (kind === 'waiting-for-subscriber') arrived();
    };
    return publish(session, { track: TRACK, source: fed.source, via, onEvent }).done;
  });
}

const subscribing = inSession(async (session, arrived) => {
  const track = await subscribe(session, { track: TRACK, onEvent: ({ kind }) => kind === 'subscribed' && arrived() });
  for await (const item of track) if (item.kind === 'object') arrived();
});

function probing(requests: RequestsOptions | null): Moment['work'] {
  return async ({ url, settings }) => {
    const asked = requests === null ? {} : { requests: probeRequests(requests) };
    const { exitCode: exit, cause, hint } = await probe(url, { connect: settings, ...asked });
    return { exit, cause, hint };
  };
}

/** Everything that holds a session, at every moment of its. */
const MOMENTS: readonly Moment[] = [
  {
    what: 'connect, right after SETUP',
    work: inSession((session) => settle(session, parseMoqtUrl(session.connection.url), undefined)),
    state: 'setup',
  },
  { what: 'connect --hold', work: hold, state: 'open' },
  {
    what: 'announce, before the answer',
    work: announcing,
    reach: ({ peer }) => peer.nextRequest('PUBLISH_NAMESPACE'),
    state: 'asked',
  },
  { what: 'announce, holding', work: announcing, reach: ({ peer }) => accept(peer), state: 'open' },
  {
    what: 'publish --via namespace, before the answer',
    work: publishing('namespace'),
    reach: ({ peer }) => peer.nextRequest('PUBLISH_NAMESPACE'),
    state: 'asked',
  },
  {
    what: 'publish --via publish, before the answer',
    work: publishing('publish'),
    reach: ({ peer }) => peer.nextRequest('PUBLISH'),
    state: 'asked',
  },
  {
    what: 'publish, before a subscriber',
    work: publishing('namespace'),
    reach: ({ peer }) => accept(peer),
    state: 'open',
  },
  {
    what: 'publish, after the first object',
    work: publishing('namespace', ['one']),
    reach: async ({ peer }) => {
      await accept(peer);
      const requestId = peer.requestId();
      await peer.request({ type: 'SUBSCRIBE', requestId, track: TRACK, parameters: {} });
      await eventually(() => peer.data.some(({ bytes }) => bytes.includes('one')), 'the object');
    },
    state: 'data',
  },
  {
    what: 'subscribe, before the answer',
    work: subscribing,
    reach: ({ peer }) => peer.nextRequest('SUBSCRIBE'),
    state: 'asked',
  },
  {
    what: 'subscribe, before the first object',
    work: subscribing,
    reach: ({ peer }) => acceptSubscribe(peer),
    state: 'open',
  },
  {
    what: 'subscribe, after the first object',
    work: inSession(async (session, arrived) => {
      const track = await subscribe(session, { track: TRACK });
      for await (const item of track) if (item.kind === 'object') arrived();
    }),
    reach: async ({ peer }) => {
      await acceptSubscribe(peer);
      await peer.openUni(subgroupStream(peer.profile, { alias: ALIAS, group: 0n }, { id: 0n, payload: 'one' }));
    },
    state: 'data',
  },
  { what: 'probe, right after SETUP', work: probing(null), state: 'setup' },
  {
    what: 'probe --announce, before the answer',
    work: probing({ announce: TRACK.namespace }),
    reach: ({ peer }) => peer.nextRequest('PUBLISH_NAMESPACE'),
    state: 'asked',
  },
  {
    what: 'probe --subscribe, before the answer',
    work: probing({ subscribe: TRACK }),
    reach: ({ peer }) => peer.nextRequest('SUBSCRIBE'),
    state: 'asked',
  },
];

type Expected = readonly [exit: number, cause: string];

/** The contract: `setup.closed` where SETUP is refused, `session.*` and `request.*` before data, and 9 after the first object. */
const EXPECTED: Readonly<Record<Moment['state'], Readonly<Partial<Record<End, Expected>>>>> = {
  setup: {
    'close 0': [7, 'setup.closed'],
    PROTOCOL_VIOLATION: [7, 'setup.closed'],
    UNAUTHORIZED: [5, 'setup.closed'],
    'unknown code': [7, 'setup.closed'],
  },
  open: {
    'close 0': [7, 'session.closed'],
    PROTOCOL_VIOLATION: [7, 'session.closed'],
    UNAUTHORIZED: [5, 'session.closed'],
    'unknown code': [7, 'session.closed'],
    GOAWAY: [8, 'session.goaway'],
    'GOAWAY to a URI': [8, 'session.goaway'],
    dark: [6, 'session.idle'],
  },
  asked: {
    'close 0': [7, 'request.closed'],
    PROTOCOL_VIOLATION: [7, 'request.closed'],
    UNAUTHORIZED: [5, 'request.unauthorized'],
    'unknown code': [7, 'request.closed'],
    GOAWAY: [8, 'session.goaway'],
    'GOAWAY to a URI': [8, 'session.goaway'],
    dark: [6, 'session.idle'],
  },
  data: {
    'close 0': [9, 'data.closed'],
    PROTOCOL_VIOLATION: [9, 'data.closed'],
    UNAUTHORIZED: [9, 'data.closed'],
    'unknown code': [9, 'data.closed'],
    GOAWAY: [9, 'data.closed'],
    'GOAWAY to a URI': [9, 'data.closed'],
    dark: [9, 'data.closed'],
  },
};

/** One server for each way to end, so that those of one row can run side by side. */
const places = new Map<End, { server: RogueServer; network: UdpProxy }>();
beforeAll(async () => {
  for (const end of Object.keys(ENDS) as End[]) {
    const server = await RogueServer.start();
    const target = { host: '127.0.0.1', port: server.port };
    places.set(end, { server, network: await UdpProxy.start({ target, seed: 1 }) });
  }
});
afterAll(async () => {
  for (const { server, network } of places.values()) {
    await network.close();
    await server.close();
  }
});

async function endAt(moment: Moment, end: End, draft: Draft): Promise<Outcome> {
  const { server, network } = places.get(end) as { server: RogueServer; network: UdpProxy };
  const { sha256 } = await loopbackCertificate();
  network.blackhole = false;
  const settings: ConnectSettings = {
    drafts: [draft],
    trust: { pins: [sha256] },
    timeouts: { requestMs: 20_000, ...(end === 'dark' && { idleMs: 500 }) },
  };
  let there = false;
  const arrived = (): void => {
    there = true;
  };
  const work = moment.work({ url: `moqt://127.0.0.1:${network.port}/`, settings, arrived });
  const peer = await (await server.accept(draft)).setup();
  const meeting = { peer, network };
  await moment.reach?.(meeting);
  if (moment.state === 'open' || moment.what === 'subscribe, after the first object') {
    await eventually(() => there, `${moment.what}: the moment`);
  }
  ENDS[end](meeting);
  return work;
}

describe.each(['18', '14'] as const)('how a session ends, on draft %s', (draft) => {
  it.each(MOMENTS)('$what', async (moment) => {
    const rows = Object.entries(EXPECTED[moment.state]) as [End, Expected][];
    // A refusal behind SETUP is waited for as long as a peer needs that is not held up itself.
    await unlessHeldUp(15, async () => {
      const seen = await Promise.all(
        rows.map(async ([end]) => {
          const { exit, cause, hint } = await endAt(moment, end, draft);
          if (end === 'GOAWAY to a URI' && moment.state !== 'data') expect(hint).toContain(URI);
          return [end, [exit, cause]];
        }),
      );
      expect(seen).toEqual(rows);
    });
  });
});
