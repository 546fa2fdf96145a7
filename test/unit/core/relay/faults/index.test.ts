import { afterEach, expect, test } from 'vitest';
import type { MoqtError } from '../../../../../src/core/errors/moqt-error.js';
import { describeFaults, parseFaults } from '../../../../../src/core/relay/faults/index.js';
import { type Relay, serveRelay } from '../../../../../src/core/relay/serve-relay.js';
import { connect } from '../../../../../src/core/session/connect/connect.js';
import type { MoqtSession } from '../../../../../src/core/session/session.js';
import { eventually } from '../../../../support/wait.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** For whoever closes it. */
function serve(...faults: string[]): Promise<Relay> {
  return serveRelay({ port: 0, faults, faultSeed: 7, setupTimeoutMs: 1000 });
}

async function relayWith(...faults: string[]): Promise<Relay> {
  const relay = await serve(...faults);
  open.push(relay);
  return relay;
}

async function dial(relay: Relay, scheme: 'moqt' | 'https' = 'moqt', draft = '18'): Promise<MoqtSession> {
  const session = await connect(relay.urls.find((url) => url.startsWith(scheme)) as string, {
    trust: { pins: [relay.certificate.sha256] },
    drafts: [draft],
    transport: scheme === 'moqt' ? 'quic' : 'webtransport',
    timeouts: { connectMs: 3000, setupMs: 700, requestMs: 700 },
  });
  open.push(session);
  return session;
}

/** The error that a connection attempt ends with. */
async function failure(relay: Relay, scheme?: 'moqt' | 'https', draft?: string): Promise<MoqtError> {
  return dial(relay, scheme, draft).then(
    () => expect.unreachable('it connected'),
    (error: MoqtError) => error,
  );
}

const track = { namespace: [Buffer.from('a')], name: Buffer.from('t') };

/** Objects of one group as they reach a subscriber through the relay: ID and text, in the order of arrival. */
async function received(relay: Relay, count: number): Promise<{ readonly ids: number[]; readonly texts: string[] }> {
  const publisher = await dial(relay);
  publisher.handlers = {
    onSubscribe(request) {
      const publication = request.accept();
      void (async () => {
        const out = await publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
        for (let i = 0; i < count; i++) await out.writeObject({ object: BigInt(i) }, Buffer.from(`object ${i}`));
        out.end();
        await out.delivered();
        await publication.done('TRACK_ENDED', '');
      })().catch(() => {});
    },
  };
  await publisher.publishNamespace(track.namespace);
  const subscriber = await dial(relay);
  const ids: number[] = [];
  const texts: string[] = [];
  let reading = 0;
  const subscription = await subscriber.subscribe(
    track,
    {},
    {
      onDatagram: () => {},
      onSubgroup(stream) {
        reading++;
        void (async () => {
          for (let run = await stream.read(); run !== null; run = await stream.read()) {
            for (const { header, bytes } of run) {
              ids.push(Number(header.object));
              texts.push(Buffer.from(bytes).toString());
            }
          }
        })()
          .catch(() => {})
          .finally(() => reading--);
      },
    },
  );
  const end = await subscription.ended;
  const streams = end.kind === 'done' ? Number(end.streamCount ?? 1n) : 1;
  // A stream may be reset before any of it has arrived.
  if (!relay.faults.some((fault) => fault.startsWith('reset'))) {
    await eventually(() => subscription.streamsReceived >= streams && reading === 0, 'all streams were read');
  }
  return { ids, texts };
}

test('every fault of the list is accepted in the form that the list gives', () => {
  const examples: Record<string, string> = {
    'P%': '1%',
    D: '10ms',
    BYTES: '1300',
    N: '40',
    '0xVERSION': '0x6b3343cf',
    CODE: '0x1',
    URL: 'https://there.example/',
    URI: 'moqt://there.example/',
    REQUEST: 'fetch',
    NAME: 'other',
    TARGET: 'vod/other',
    REASON: 'because',
  };
  expect(describeFaults().length).toBeGreaterThan(35);
  for (const { form } of describeFaults()) {
    const drafted = form === 'wrong-draft[:N]' ? 'wrong-draft:16' : form.replace('http-status:N', 'http-status:404');
    const spec = drafted
      .replace('[@setup|@session|@REQUEST|@objects]', '@session')
      .replace('REQUEST|connect', 'connect')
      .replace(/[[\]]/g, '')
      .replace(
        /0xVERSION|P%|\b(?:BYTES|CODE|URL|URI|REQUEST|NAME|TARGET|REASON|D|N)\b/g,
        (word) => examples[word] ?? word,
      );
    expect(parseFaults([spec], 1).given, form).toEqual([spec]);
  }
});

test.each([
  ['drip:1%', 'did you mean drop?'],
  ['redirect-request:subscribe:#other', 'expected NAMESPACE/TRACK'],
  ['redirect-request:not a url', 'expected a URL'],
  ['drop', 'expected a share'],
  ['drop:0%', 'expected a share'],
  ['drop:101%', 'expected a share'],
  ['delay:soon', '250ms'],
  ['silent-setup:1', 'takes no argument'],
  ['close:NO_SUCH_CODE', 'expected a code'],
  ['close:0@lunch', 'expected one of setup, session, objects, subscribe'],
  ['never-answer', 'expected one of connect, subscribe'],
  ['redirect:https://a b/', 'expected a URL'],
  ['wrong-draft:13', 'expected one of 18, 16, 14'],
  ['http-status:200', 'from 300 to 599'],
  ['first-alpn', 'expected letters'],
  ['cut:0%', 'expected a share'],
])('%s is refused, and the hint says what is accepted', (spec, hint) => {
  expect(() => parseFaults([spec], 1)).toThrow(
    expect.objectContaining({ code: 'MOQT_E_USAGE', hint: expect.stringContaining(hint) }),
  );
});

test('a fault of the certificate does not go with a certificate that was given', async () => {
  const [certPem, keyPem] = ['-', '-'];
  await expect(serveRelay({ port: 0, certPem, keyPem, faults: ['expired-cert'] })).rejects.toMatchObject({
    code: 'MOQT_E_USAGE',
  });
});

// Side by side, because most of them do nothing but wait for a deadline.
test.concurrent.each([
  ['silent-setup', 'moqt', '18', 'setup.timeout'],
  ['silent-setup', 'moqt', '14', 'setup.timeout'],
  ['silent-setup', 'https', '16', 'setup.timeout'],
  ['expired-cert', 'moqt', '18', 'tls.expired'],
  ['not-yet-valid-cert', 'moqt', '18', 'tls.not-yet-valid'],
  ['alert:120', 'moqt', '18', 'alpn.none'],
  ['quic-close:2', 'moqt', '18', 'quic.closed'],
  ['version-negotiation', 'moqt', '18', 'quic.version'],
  ['stuck-handshake', 'moqt', '18', 'quic.timeout'],
  ['blackhole', 'moqt', '18', 'udp.no-answer'],
  ['udp-echo', 'moqt', '18', 'quic.not-quic'],
  ['udp-garbage', 'moqt', '18', 'quic.not-quic'],
  ['no-settings', 'https', '18', 'http3.no-settings'],
  ['no-webtransport', 'https', '18', 'webtransport.unsupported'],
  ['http-status:404', 'https', '18', 'webtransport.not-found'],
  ['redirect:https://there.example/', 'https', '18', 'webtransport.redirect'],
  ['never-answer:connect', 'https', '18', 'webtransport.timeout'],
] as const)('%s is %s of draft %s as clients see it: %s', async (fault, scheme, draft, cause) => {
  const relay = await serve(fault);
  try {
    expect(await failure(relay, scheme, draft)).toMatchObject({ reason: cause });
  } finally {
    await relay.close();
  }
});

test.each(['14', '16', '18'])('wrong-draft, garbage and echo break SETUP of draft %s', async (draft) => {
  for (const fault of ['wrong-draft', 'garbage-setup', 'garbage-setup:http', 'echo']) {
    expect(await failure(await relayWith(fault), 'moqt', draft), fault).toMatchObject({ stage: 'setup', exitCode: 7 });
  }
});

test.each(['14', '16', '18'])(
  'close sends its code in place of SETUP of draft %s, and requests meet theirs',
  async (draft) => {
    const closing = await relayWith('close:UNAUTHORIZED');
    expect(await failure(closing, 'moqt', draft)).toMatchObject({ exitCode: 5 });
    const session = await dial(await relayWith('close:0@announce'), 'moqt', draft);
    await expect(session.publishNamespace(track.namespace)).rejects.toMatchObject({ info: { by: 'peer', code: 0n } });
    const refusing = await dial(await relayWith('reject:NOT_SUPPORTED@announce:no thanks'), 'moqt', draft);
    await expect(refusing.publishNamespace(track.namespace)).rejects.toMatchObject({
      rejection: { name: 'NOT_SUPPORTED', reason: 'no thanks' },
    });
  },
);

test('never-answer lets a request time out', async () => {
  const session = await dial(await relayWith('never-answer:announce'));
  await expect(session.publishNamespace(track.namespace)).rejects.toMatchObject({ code: 'MOQT_E_TIMEOUT' });
});

test('goaway comes after SETUP', async () => {
  const session = await dial(await relayWith('goaway:moqt://there.example/'));
  const goAway = await eventually(() => session.goAwayReceived ?? undefined, 'GOAWAY');
  expect(goAway.newSessionUri).toBe('moqt://there.example/');
});

test('no-request-credit is MAX_REQUEST_ID 0', async () => {
  expect((await dial(await relayWith('no-request-credit'), 'moqt', '16')).peerSetup.maxRequestId).toBe(0n);
});

test('a bad network is got through', async () => {
  const faults = ['drop:3%', 'delay:20ms', 'duplicate-packets:5%', 'reorder-packets:5%', 'corrupt-packets:2%'];
  const { ids } = await received(await relayWith(...faults), 50);
  expect(ids).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

test('drop-objects leaves objects out, corrupt changes them', async () => {
  const dropped = await received(await relayWith('drop-objects:30%'), 40);
  expect(dropped.ids.length).toBeGreaterThan(10);
  expect(dropped.ids.length).toBeLessThan(40);
  const { ids, texts } = await received(await relayWith('corrupt:30%'), 40);
  expect(ids).toHaveLength(40);
  const changed = texts.filter((text, i) => text !== `object ${i}`);
  expect(changed.length).toBeGreaterThan(2);
  expect(changed.length).toBeLessThan(38);
});

test('duplicate sends objects twice, reorder late, and nothing is lost', async () => {
  const twice = await received(await relayWith('duplicate:30%'), 40);
  expect(twice.ids.length).toBeGreaterThan(42);
  expect(new Set(twice.ids).size).toBe(40);
  const late = await received(await relayWith('reorder:30%'), 40);
  expect(late.ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect(late.ids).not.toEqual(late.ids.toSorted((a, b) => a - b));
});

test('first-alpn refuses a list that begins with another protocol, and takes the same one alone', async () => {
  const relay = await relayWith('first-alpn:moqt-16');
  const url = relay.urls.find((one) => one.startsWith('moqt')) as string;
  const options = { trust: { pins: [relay.certificate.sha256] }, timeouts: { connectMs: 3000 } };
  await expect(connect(url, { ...options, drafts: ['18', '16', '14'] })).rejects.toMatchObject({ reason: 'alpn.none' });
  for (const drafts of [['16', '18'], ['16']]) {
    const session = await connect(url, { ...options, drafts });
    open.push(session);
    expect(session.profile.draft).toBe('16');
  }
});

test('cut breaks objects off in the middle', async () => {
  const { ids, texts } = await received(await relayWith('cut:100%'), 5);
  expect(ids).toEqual([0]);
  expect(texts).toEqual(['obje']);
});

test('close@objects ends the session with its code once objects have flowed', async () => {
  const relay = await relayWith('close:0x1@objects');
  const publisher = await dial(relay);
  publisher.handlers = {
    onSubscribe(request) {
      const publication = request.accept();
      void (async () => {
        const out = await publication.openSubgroup({ group: 0n, subgroup: 0n, hasProperties: false });
        for (let i = 0; i < 40; i++) await out.writeObject({ object: BigInt(i) }, Buffer.from('x'));
      })().catch(() => {});
    },
  };
  await publisher.publishNamespace(track.namespace);
  const subscriber = await dial(relay);
  await subscriber.subscribe(track, {}, { onSubgroup: () => {}, onDatagram: () => {} });
  expect(await subscriber.closed).toMatchObject({ by: 'peer', code: 1n });
});

test('reset ends a stream after as many objects', async () => {
  const { ids } = await received(await relayWith('reset:INTERNAL_ERROR@5'), 20);
  expect(ids.length).toBeLessThanOrEqual(5);
});

test('stall accepts a subscription that nobody publishes, and sends nothing', async () => {
  const session = await dial(await relayWith('stall'));
  const subscription = await session.subscribe(track, {}, { onSubgroup: () => {}, onDatagram: () => {} });
  expect(subscription.streamsReceived).toBe(0);
});
