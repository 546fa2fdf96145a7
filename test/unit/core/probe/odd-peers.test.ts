import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAUSES } from '../../../../src/core/errors/causes.js';
import { EXIT } from '../../../../src/core/errors/exit-codes.js';
import { probe } from '../../../../src/core/probe/probe.js';
import { probeRequests, type RequestsOptions } from '../../../../src/core/probe/requests/requests.js';
import { concatBytes } from '../../../../src/core/util/bytes.js';
import { encodeFetchHeader } from '../../../../src/core/wire/fetch.js';
import type { ControlMessage } from '../../../../src/core/wire/messages/control-message.js';
import { controlMessage } from '../../../support/control-messages.js';
import { loopbackCertificate } from '../../../support/loopback.js';
import { DRAFTS, type Draft, profileOf, type RoguePeer, type RogueStream } from '../../../support/rogue-peer.js';
import { subgroupHeader } from '../../../support/rogue-tracks.js';
import { RogueServer, trackName } from '../../../support/rogue-world.js';
import { eventually } from '../../../support/wait.js';

/** Peers for each draft and request, the same each time; `MOQT_ODD_PEERS` and `MOQT_ODD_SEED` ask for more and for others. */
const RUNS = Number(process.env.MOQT_ODD_PEERS ?? 10);
const SEED = Number(process.env.MOQT_ODD_SEED ?? 1);

const TRACK = trackName('live/x');
const REQUESTS: Readonly<Record<string, RequestsOptions>> = {
  announce: { announce: TRACK.namespace },
  subscribe: { subscribe: TRACK },
  fetch: { fetch: TRACK },
  'track-status': { trackStatus: TRACK },
};

/** Something that a peer does when it has been asked. */
type Move = (peer: RoguePeer, asked: RogueStream, requestId: bigint) => unknown;

function moves(draft: Draft): fc.Arbitrary<{ readonly name: string; readonly go: Move }[]> {
  const profile = profileOf(draft);
  const layouts = [...profile.control.layouts()];
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
  const code = fc.bigInt({ min: 0n, max: 0x40n });
  const named = (name: string, go: Move) => ({ name, go });
  const inId = (message: ControlMessage, requestId: bigint): ControlMessage =>
    'requestId' in message ? { ...message, requestId } : message;
  const any = layouts.map((layout) => controlMessage(profile, layout));
  const answers = layouts.filter(({ type }) => /_OK$|_ERROR$|_DONE$/.test(type));
  // Most of what can go wrong comes behind an answer.
  const message = fc.oneof(
    { weight: 4, arbitrary: fc.oneof(...answers.map((layout) => controlMessage(profile, layout))) },
    { weight: 1, arbitrary: fc.oneof(...any) },
  );
  const answer = message.map((one) => named(one.type, (_, asked, id) => asked.message(inId(one, id))));
  const move = fc.oneof(
    { weight: 5, arbitrary: answer },
    message.map((one) => named(`${one.type} on control`, (peer) => peer.control.message(one))),
    bytes.map((some) => named('bytes', (_, asked) => asked.bytes(some))),
    fc.constant(named('fin', (_, asked) => asked.end())),
    code.map((n) => named(`reset ${n}`, (_, asked) => asked.send?.reset(n))),
    code.map((n) => named(`stop ${n}`, (_, asked) => asked.recv?.stop(n))),
    bytes.map((some) => named('a stream', (peer) => peer.sendUni(some))),
    code.map((n) => named(`a lost stream ${n}`, async (peer) => (await peer.openUni()).reset(n))),
    fc.tuple(bytes, fc.boolean()).map(([some, ends]) =>
      named('a FETCH stream', async (peer, _, id) => {
        const stream = await peer.openUni(concatBytes([encodeFetchHeader(profile, id), some]));
        if (ends) stream.end();
        else stream.reset(1n);
      }),
    ),
    bytes.map((some) =>
      named('a subgroup', (peer) => peer.sendUni(subgroupHeader(profile, { alias: 1n, group: 0n }), some)),
    ),
    bytes.map((some) => named('a datagram', (peer) => peer.transport.sendDatagram(some))),
    code.map((n) => named(`close ${n}`, (peer) => peer.transport.close(n, 'because', 200))),
  );
  return fc.array(move, { minLength: 0, maxLength: 4 });
}

let server: RogueServer;
beforeAll(async () => {
  server = await RogueServer.start();
});
afterAll(() => server.close());

/** A probe of a peer that does these things when it is asked. */
async function against(draft: Draft, requests: RequestsOptions, doing: readonly { readonly go: Move }[]) {
  const { sha256 } = await loopbackCertificate();
  const accepting = server.accept(draft);
  const probing = probe(`moqt://127.0.0.1:${server.port}/`, {
    connect: {
      drafts: [draft],
      trust: { pins: [sha256] },
      timeouts: { requestMs: 150, closeMs: 150 },
    },
    requests: probeRequests({ ...requests, dataTimeoutMs: 150 }),
  });
  probing.catch(() => {});
  const peer = await accepting;
  await peer.setup();
  const asked = await eventually(() => {
    if (peer.close !== null) return 'gone';
    return [peer.control, ...peer.streams].find(({ received }) => received.some(isRequest));
  }, 'a request');
  if (asked !== 'gone') {
    const request = asked.received.find(isRequest);
    const id = request !== undefined && 'requestId' in request ? (request.requestId as bigint) : 0n;
    for (const { go } of doing) {
      // Once one side has ended the session, nothing more can be done to it.
      await (async () => go(peer, asked, id))().catch(() => {});
    }
  }
  const report = await probing;
  await peer.leave();
  return report;
}

function isRequest({ type }: ControlMessage): boolean {
  return ['PUBLISH_NAMESPACE', 'SUBSCRIBE', 'FETCH', 'TRACK_STATUS'].includes(type);
}

describe.each(DRAFTS)('a peer on draft %s that does anything', (draft) => {
  it.each(Object.keys(REQUESTS))(
    'when it is asked for %s gets a report with a cause that is known, and no defect',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(moves(draft), async (doing) => {
          const report = await against(draft, REQUESTS[kind] as RequestsOptions, doing);
          expect(report.exitCode).not.toBe(EXIT.bug);
          if (report.ok) return;
          expect(Object.keys(CAUSES)).toContain(report.cause);
          expect(report.message).not.toMatch(/undefined|\[object|TypeError/);
          expect(report.hint).toMatch(/\S/);
        }),
        { numRuns: RUNS, seed: SEED },
      );
    },
    600_000,
  );
});
