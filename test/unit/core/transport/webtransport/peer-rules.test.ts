import { describe, expect, it } from 'vitest';
import { memoryPair } from '../../../../../src/core/transport/memory/index.js';
import type { BidiStream, RecvStream, TransportSession } from '../../../../../src/core/transport/transport.js';
import { StreamReset } from '../../../../../src/core/transport/transport-errors.js';
import { encodeCloseCapsule, encodeDrainCapsule } from '../../../../../src/core/transport/webtransport/capsules.js';
import { encodeFrame, FRAME } from '../../../../../src/core/transport/webtransport/h3/frames.js';
import { H3_CODES, type H3CodeName } from '../../../../../src/core/transport/webtransport/h3/h3-error.js';
import { RequestReader } from '../../../../../src/core/transport/webtransport/h3/request-reader.js';
import {
  encodeSettings,
  type H3Settings,
  ourSettings,
} from '../../../../../src/core/transport/webtransport/h3/settings.js';
import { encodeVarints } from '../../../../../src/core/transport/webtransport/h3/varint.js';
import {
  openWebTransport,
  type ServeOptions,
  serveWebTransport,
  sessionRequest,
} from '../../../../../src/core/transport/webtransport/index.js';
import {
  decodeFieldSection,
  encodeFieldSection,
} from '../../../../../src/core/transport/webtransport/qpack/field-section.js';
import type { FieldLine } from '../../../../../src/core/transport/webtransport/qpack/static-table.js';
import type { WebTransportSession } from '../../../../../src/core/transport/webtransport/session.js';
import { wrapCode } from '../../../../../src/core/transport/webtransport/stream-codes.js';
import { concatBytes, fromUtf8, utf8 } from '../../../../../src/core/util/bytes.js';
import { soon } from '../../../../support/wait.js';

/** A peer made of bare streams, so that it can say anything. */
class RawPeer {
  constructor(readonly quic: TransportSession) {}

  /** A unidirectional stream with these bytes. */
  async uni(...parts: readonly Uint8Array[]) {
    const stream = await this.quic.openUni();
    void stream.write(concatBytes(parts));
    return stream;
  }

  async bidi(...parts: readonly Uint8Array[]): Promise<BidiStream> {
    const stream = await this.quic.openBidi();
    void stream.send.write(concatBytes(parts));
    return stream;
  }

  settings(settings: H3Settings = ourSettings('server', 1)) {
    return this.uni(encodeVarints(0), encodeFrame(FRAME.SETTINGS, encodeSettings(settings)));
  }
}

const headers = (...lines: FieldLine[]): Uint8Array => encodeFrame(FRAME.HEADERS, encodeFieldSection(lines));
/** A reserved frame and a reserved stream type (RFC 9114 §6.2.3, §7.2.8). */
const GREASE = 0x1f * 11 + 0x21;
const greaseFrame = encodeFrame(GREASE, utf8('whatever'));

const CONNECT: FieldLine[] = [
  [':method', 'CONNECT'],
  [':protocol', 'webtransport'],
  [':scheme', 'https'],
  [':authority', 'relay.example'],
  [':path', '/moq'],
];

async function status(stream: BidiStream): Promise<string | undefined> {
  const event = await soon(new RequestReader(stream.recv).next(), 'the response');
  return event?.kind === 'item' ? decodeFieldSection(event.value)[0]?.[1] : undefined;
}

const code = (name: H3CodeName): bigint => BigInt(H3_CODES[name]);
const nextUni = (session: TransportSession): Promise<RecvStream> =>
  soon(new Promise((resolve) => session.onIncomingUni(resolve)), 'an incoming stream');

describe('a client whose server', () => {
  function connect(options: { timeoutMs?: number; signal?: AbortSignal; alpn?: string[] } = {}) {
    const pair = memoryPair({ protocol: 'h3' });
    const request = sessionRequest(
      { host: '2001:db8::1', port: 443, path: '/moq?jwt=secret' },
      { alpn: options.alpn ?? ['moqt-18'] },
    );
    const session = openWebTransport(pair.client, request, { timeoutMs: 5000, ...options });
    session.catch(() => {});
    const peer = new RawPeer(pair.server);
    const asked = soon(new Promise<BidiStream>((resolve) => pair.server.onIncomingBidi(resolve)), 'the CONNECT');
    asked.catch(() => {});
    return { pair, peer, session, asked };
  }

  /** The client after a response with `status` and `lines`. */
  async function answered(statusCode: string, ...lines: FieldLine[]) {
    const { pair, peer, session, asked } = connect();
    await peer.settings();
    const stream = await asked;
    void stream.send.write(headers([':status', statusCode], ...lines));
    return { pair, peer, session, stream };
  }

  it('is asked as the draft says', async () => {
    const { peer, asked } = connect({ alpn: ['moqt-18', 'moqt-16'] });
    await peer.settings();
    const event = await new RequestReader((await asked).recv).next();
    expect(event?.kind === 'item' && decodeFieldSection(event.value)).toEqual([
      [':method', 'CONNECT'],
      [':protocol', 'webtransport'],
      [':scheme', 'https'],
      [':authority', '[2001:db8::1]'],
      [':path', '/moq?jwt=secret'],
      ['sec-webtransport-http3-draft02', '1'],
      ['wt-available-protocols', '"moqt-18", "moqt-16"'],
    ]);
  });

  it('gets no CONNECT before its SETTINGS came', async () => {
    const { session, asked } = connect({ timeoutMs: 30 });
    await expect(session).rejects.toMatchObject({ code: 'MOQT_E_TIMEOUT', reason: 'http3.no-settings' });
    let wasAsked = false;
    void asked.then(
      () => {
        wasAsked = true;
      },
      () => {},
    );
    await Promise.resolve();
    expect(wasAsked).toBe(false);
  });

  it('never answers: times out and closes the connection', async () => {
    const { pair, peer, session } = connect({ timeoutMs: 50 });
    await peer.settings();
    await expect(session).rejects.toMatchObject({
      code: 'MOQT_E_TIMEOUT',
      reason: 'webtransport.timeout',
      stage: 'webtransport',
    });
    await soon(pair.server.closed, 'the end of the connection');
  });

  it('is left when the caller gives up', async () => {
    const abort = new AbortController();
    const { pair, session } = connect({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(session).rejects.toThrow('enough');
    await soon(pair.server.closed, 'the end of the connection');
  });

  it('speaks HTTP/3 only: says so', async () => {
    const { peer, session } = connect();
    await peer.settings(new Map([[0x33, 1]]));
    await expect(session).rejects.toMatchObject({ code: 'MOQT_E_PROTOCOL', reason: 'webtransport.unsupported' });
  });

  it.each([
    ['401', [], 'MOQT_E_UNAUTHORIZED', 'webtransport.unauthorized', '401'],
    ['403', [], 'MOQT_E_UNAUTHORIZED', 'webtransport.unauthorized', '403'],
    ['404', [], 'MOQT_E_REJECTED', 'webtransport.not-found', '404'],
    [
      '302',
      [['location', 'https://else.example/moq?jwt=secret']],
      'MOQT_E_REJECTED',
      'webtransport.redirect',
      'else.example',
    ],
    ['503', [], 'MOQT_E_REJECTED', 'webtransport.rejected', '503'],
  ] as [string, FieldLine[], string, string, string][])(
    'answers %s',
    async (statusCode, lines, name, reason, shown) => {
      const { pair, session } = await answered(statusCode, ...lines);
      const error = await session.then(
        () => null,
        (failure: unknown) => failure,
      );
      expect(error).toMatchObject({ code: name, reason, stage: 'webtransport' });
      expect(String(error)).toContain(shown);
      expect(String(error)).not.toContain('secret');
      await soon(pair.server.closed, 'the end of the connection');
    },
  );

  it('sends informational responses and unknown frames first', async () => {
    const { peer, session, asked } = connect();
    await peer.settings();
    const stream = await asked;
    void stream.send.write(
      concatBytes([
        greaseFrame,
        headers([':status', '103']),
        greaseFrame,
        headers([':status', '200'], ['wt-protocol', '"moqt-18"']),
      ]),
    );
    expect((await session).protocol).toBe('moqt-18');
  });

  it.each([
    ['chose nothing', []],
    ['chose by a token', [['wt-protocol', 'moqt-18']]],
    ['chose a list', [['wt-protocol', '"moqt-18", "moqt-16"']]],
  ] as [string, FieldLine[]][])('%s: there is no protocol', async (_what, lines) => {
    const { session } = await answered('200', ...lines);
    expect((await session).protocol).toBe('');
  });

  it.each([
    ['moqt-99', '"moqt-99"'],
    ['moq-lite-04', 'moq-lite'],
  ])('chose %s, which was not offered: names it', async (protocol, named) => {
    const { session } = await answered('200', ['wt-protocol', `"${protocol}"`]);
    await expect(session).rejects.toMatchObject({
      reason: 'protocol.mismatch',
      exitCode: 7,
      message: expect.stringContaining(named),
    });
  });

  it('resets the CONNECT: names the code', async () => {
    const { peer, session, asked } = connect();
    await peer.settings();
    (await asked).send.reset(code('H3_REQUEST_REJECTED'));
    await expect(session).rejects.toMatchObject({
      code: 'MOQT_E_REJECTED',
      wire: { space: 'http3', name: 'H3_REQUEST_REJECTED' },
    });
  });

  it('closes the connection instead of answering: names the code', async () => {
    const { pair, peer, session, asked } = connect();
    await peer.settings();
    await asked;
    await pair.server.close(code('H3_GENERAL_PROTOCOL_ERROR'), 'no thanks');
    await expect(session).rejects.toMatchObject({
      code: 'MOQT_E_REJECTED',
      message: /H3_GENERAL_PROTOCOL_ERROR no thanks/,
    });
  });

  it.each([
    ['malformed headers', encodeFrame(FRAME.HEADERS, Uint8Array.of(0xff)), 'QPACK_DECOMPRESSION_FAILED'],
    ['no status', headers(['a', 'b']), 'H3_MESSAGE_ERROR'],
    ['data first', encodeFrame(FRAME.DATA, utf8('x')), 'H3_FRAME_UNEXPECTED'],
    ['SETTINGS on the request stream', encodeFrame(FRAME.SETTINGS, new Uint8Array(0)), 'H3_FRAME_UNEXPECTED'],
  ])('answers with %s', async (_what, bytes, name) => {
    const { peer, session, asked } = connect();
    await peer.settings();
    void (await asked).send.write(bytes);
    await expect(session).rejects.toMatchObject({ code: 'MOQT_E_PROTOCOL', wire: { space: 'http3', name } });
  });

  it('opens streams before it answers: they are kept for the session', async () => {
    const { peer, session, asked } = connect();
    await peer.settings();
    const stream = await asked;
    await peer.uni(encodeVarints(0x54, Number(stream.id)), utf8('early'));
    pairDatagram(peer, Number(stream.id), 'datagram');
    void stream.send.write(headers([':status', '200']));
    const open = await session;
    expect(fromUtf8((await (await nextUni(open)).read()) as Uint8Array)).toBe('early');
    const datagram = await soon(new Promise<Uint8Array>((resolve) => open.onDatagram(resolve)), 'the datagram');
    expect(fromUtf8(datagram)).toBe('datagram');
  });

  function pairDatagram(peer: RawPeer, id: number, text: string): void {
    peer.quic.sendDatagram(concatBytes([encodeVarints(id / 4), utf8(text)]));
  }

  it('opens a stream with its first bytes in one piece: no copy is made of what follows the prefix', async () => {
    const { peer, session, stream } = await answered('200').then(async (made) => ({
      ...made,
      session: await made.session,
    }));
    await peer.uni(encodeVarints(0x54, Number(stream.id)), utf8('payload'));
    const chunk = await (await nextUni(session)).read();
    expect([chunk?.byteOffset, chunk?.length, chunk?.buffer.byteLength]).toEqual([3, 7, 10]);
  });

  it.each([
    [
      'FIN of the CONNECT stream',
      (stream: BidiStream) => stream.send.end(),
      { by: 'peer', isApplication: true, code: 0n },
    ],
    [
      'a wrapped reset',
      (stream: BidiStream) => stream.send.reset(wrapCode(9n)),
      { by: 'peer', isApplication: true, code: 9n },
    ],
    [
      'an HTTP/3 reset',
      (stream: BidiStream) => stream.send.reset(code('H3_REQUEST_CANCELLED')),
      { by: 'peer', isApplication: false, code: code('H3_REQUEST_CANCELLED'), reason: 'H3_REQUEST_CANCELLED' },
    ],
    [
      'a capsule',
      (stream: BidiStream) => void stream.send.write(encodeCloseCapsule(5n, 'five')),
      { by: 'peer', isApplication: true, code: 5n, reason: 'five' },
    ],
  ])('ends the session by %s', async (_what, end, info) => {
    const { pair, session, stream } = await answered('200');
    const open = await session;
    end(stream);
    await expect(soon(open.closed, 'the end')).resolves.toMatchObject(info);
    await soon(pair.client.closed, 'the end of the connection');
  });

  it('closes the connection a moment after the FIN: its code counts', async () => {
    const { pair, session, stream } = await answered('200');
    const open = await session;
    stream.send.end();
    await stream.send.delivered();
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    await pair.server.close(wrapCode(6n), 'really');
    await expect(open.closed).resolves.toMatchObject({ by: 'peer', isApplication: true, code: 6n, reason: 'really' });
  });

  it.each([
    ['a capsule that is cut off', encodeFrame(FRAME.DATA, encodeVarints(0x2843, 20)), true],
    ['a malformed capsule', encodeFrame(FRAME.DATA, encodeVarints(0x2843, 2)), false],
  ])('sends %s: the session fails, with the rule’s code', async (_what, bytes, fin) => {
    const { session, stream } = await answered('200');
    const open = await session;
    void stream.send.write(bytes);
    if (fin) stream.send.end();
    await expect(soon(open.closed, 'the end')).resolves.toMatchObject({
      by: 'local',
      isApplication: false,
      code: code('H3_MESSAGE_ERROR'),
    });
  });

  it('writes the body of an answer into the session, and its close behind it: the text is told', async () => {
    const { session, stream } = await answered('200');
    const open = await session;
    void stream.send.write(encodeFrame(FRAME.DATA, utf8('404 page not found')));
    void stream.send.write(encodeCloseCapsule(0n, ''));
    stream.send.end();
    await expect(soon(open.closed, 'the end')).resolves.toMatchObject({
      by: 'local',
      code: code('H3_MESSAGE_ERROR'),
      reason: expect.stringContaining('"404 page not found"'),
      strayText: '404 page not found',
    });
  });

  it('sends HEADERS inside the session: the connection fails', async () => {
    const { pair, session, stream } = await answered('200');
    await session;
    void stream.send.write(headers(['a', 'b']));
    await expect(soon(pair.server.closed, 'the end')).resolves.toMatchObject({ code: code('H3_FRAME_UNEXPECTED') });
  });

  it('ends the session inside a frame: the connection fails', async () => {
    const { pair, session, stream } = await answered('200');
    await session;
    void stream.send.write(encodeVarints(FRAME.DATA, 10));
    stream.send.end();
    await expect(soon(pair.server.closed, 'the end')).resolves.toMatchObject({ code: code('H3_FRAME_ERROR') });
  });

  it.each([
    ['datagrams', [0x8, 0x2b603742], 'HTTP datagrams (0x33)'],
    ['extended CONNECT', [0x33, 0x2b603742], 'extended CONNECT (0x8)'],
    ['WebTransport', [0x8, 0x33], 'WebTransport (0x2b603742 or a later one)'],
  ])('does without %s: is refused, and told what is missing', async (_, present, missing) => {
    const { peer, session } = connect();
    await peer.settings(new Map(present.map((id) => [id, 1])));
    await expect(session).rejects.toMatchObject({
      reason: 'webtransport.unsupported',
      message: `the peer speaks HTTP/3 but not WebTransport: its SETTINGS lack ${missing}`,
    });
  });

  it('closes the connection before its SETTINGS: the fault is that of HTTP/3', async () => {
    const { pair, session } = connect();
    await pair.server.close(code('H3_EXCESSIVE_LOAD'), 'full');
    await expect(session).rejects.toMatchObject({
      reason: 'http3.protocol',
      message: /SETTINGS came: H3_EXCESSIVE_LOAD full/,
    });
  });

  it('drains by capsule or by GOAWAY, once', async () => {
    const { session, stream, peer } = await answered('200');
    const open = await session;
    let drains = 0;
    const drained = new Promise<void>((resolve) => {
      open.onDrain(() => {
        drains++;
        resolve();
      });
    });
    void stream.send.write(encodeDrainCapsule());
    await soon(drained, 'the drain');
    void stream.send.write(encodeDrainCapsule());
    const seen = nextUni(open);
    await peer.uni(encodeVarints(0x54, Number(stream.id), 1));
    await seen;
    expect(drains).toBe(1);
  });

  it.each([
    ['a push stream', (peer: RawPeer) => peer.uni(encodeVarints(1)), 'H3_ID_ERROR'],
    ['a second control stream', (peer: RawPeer) => peer.uni(encodeVarints(0)), 'H3_STREAM_CREATION_ERROR'],
    ['a request', (peer: RawPeer) => peer.bidi(headers([':method', 'GET'])), 'H3_STREAM_CREATION_ERROR'],
    ['a stream of an impossible session', (peer: RawPeer) => peer.uni(encodeVarints(0x54, 3)), 'H3_ID_ERROR'],
    ['an empty datagram', (peer: RawPeer) => peer.quic.sendDatagram(new Uint8Array(0)), 'H3_DATAGRAM_ERROR'],
    [
      'a datagram of an impossible session',
      (peer: RawPeer) => peer.quic.sendDatagram(new Uint8Array(8).fill(0xff)),
      'H3_DATAGRAM_ERROR',
    ],
  ] as [string, (peer: RawPeer) => unknown, H3CodeName][])(
    'sends %s: the connection fails',
    async (_what, act, name) => {
      const { pair, peer, session } = await answered('200');
      const open = await session;
      await act(peer);
      await expect(soon(pair.server.closed, 'the end')).resolves.toMatchObject({ by: 'peer', code: code(name) });
      await expect(open.closed).resolves.toMatchObject({ by: 'local', isApplication: false, code: code(name) });
    },
  );

  it.each([
    ['begins without SETTINGS', encodeFrame(FRAME.GOAWAY, Uint8Array.of(0)), 'H3_MISSING_SETTINGS'],
    [
      'repeats SETTINGS',
      concatBytes([encodeFrame(FRAME.SETTINGS, new Uint8Array(0)), encodeFrame(FRAME.SETTINGS, new Uint8Array(0))]),
      'H3_FRAME_UNEXPECTED',
    ],
    ['sends huge SETTINGS', encodeVarints(FRAME.SETTINGS, 1 << 20), 'H3_EXCESSIVE_LOAD'],
    [
      'sends MAX_PUSH_ID',
      concatBytes([encodeFrame(FRAME.SETTINGS, new Uint8Array(0)), encodeFrame(FRAME.MAX_PUSH_ID, Uint8Array.of(0))]),
      'H3_FRAME_UNEXPECTED',
    ],
    [
      'sends a malformed GOAWAY',
      concatBytes([encodeFrame(FRAME.SETTINGS, new Uint8Array(0)), encodeFrame(FRAME.GOAWAY, Uint8Array.of(0, 0))]),
      'H3_FRAME_ERROR',
    ],
  ] as [string, Uint8Array, H3CodeName][])(
    '%s on its control stream: the connection fails',
    async (_what, bytes, name) => {
      const { pair, peer } = connect();
      await peer.uni(encodeVarints(0), bytes);
      await expect(soon(pair.server.closed, 'the end')).resolves.toMatchObject({ by: 'peer', code: code(name) });
    },
  );

  it('closes its control stream and nothing else: the connection fails', async () => {
    const { pair, peer } = connect();
    (await peer.settings()).end();
    await expect(soon(pair.server.closed, 'the end')).resolves.toMatchObject({
      code: code('H3_CLOSED_CRITICAL_STREAM'),
    });
  });

  it('greases everything and opens QPACK streams: no harm is done', async () => {
    const { pair, peer, session, asked } = connect();
    await peer.uni(encodeVarints(2), utf8('?'));
    await peer.uni(encodeVarints(3), utf8('?'));
    const unknown = await peer.uni(encodeVarints(GREASE), utf8('?'));
    await peer.uni(
      encodeVarints(0),
      encodeFrame(FRAME.SETTINGS, concatBytes([encodeSettings(ourSettings('server', 1)), encodeVarints(GREASE, 7)])),
      greaseFrame,
    );
    void (await asked).send.write(headers([':status', '200']));
    await session;
    await expect(soon(unknown.stopped, 'the stop')).resolves.toBe(code('H3_STREAM_CREATION_ERROR'));
    await pair.server.close(0n, '');
  });
});

describe('a server whose client', () => {
  function serve(options: ServeOptions = {}, accept = true) {
    const pair = memoryPair({ protocol: 'h3' });
    const sessions: WebTransportSession[] = [];
    const requests: unknown[] = [];
    const served = serveWebTransport(
      pair.server,
      (request) => {
        requests.push(request);
        return accept ? { accept: true, protocol: null } : { accept: false, status: 401, headers: [['X-Why', 'no']] };
      },
      (session) => void sessions.push(session as WebTransportSession),
      options,
    );
    return { pair, peer: new RawPeer(pair.client), sessions, requests, served };
  }

  it.each(['webtransport', 'webtransport-h3'])('asks for %s', async (protocol) => {
    const { peer, requests, sessions } = serve();
    await peer.settings(ourSettings('client', 1));
    const lines = CONNECT.map(([name, value]): FieldLine => [name, name === ':protocol' ? protocol : value]);
    const stream = await peer.bidi(greaseFrame, headers(...lines, ['wt-available-protocols', '"a", "b"']));
    expect(await status(stream)).toBe('200');
    expect(requests).toMatchObject([{ path: '/moq', authority: 'relay.example', availableProtocols: ['a', 'b'] }]);
    expect(sessions).toHaveLength(1);
  });

  it('is refused with the application’s status and headers', async () => {
    const { peer, sessions } = serve({}, false);
    await peer.settings(ourSettings('client', 1));
    const stream = await peer.bidi(headers(...CONNECT));
    const event = await new RequestReader(stream.recv).next();
    expect(event?.kind === 'item' && decodeFieldSection(event.value)).toEqual([
      [':status', '401'],
      ['x-why', 'no'],
    ]);
    expect(sessions).toHaveLength(0);
  });

  it('asks again on the same connection after a refusal or an end', async () => {
    let tries = 0;
    const pair = memoryPair({ protocol: 'h3' });
    void serveWebTransport(
      pair.server,
      () => (++tries === 1 ? { accept: false, status: 404 } : { accept: true, protocol: null }),
      () => {},
    );
    const peer = new RawPeer(pair.client);
    await peer.settings(ourSettings('client', 1));
    expect(await status(await peer.bidi(headers(...CONNECT)))).toBe('404');
    const second = await peer.bidi(headers(...CONNECT));
    expect(await status(second)).toBe('200');
    second.send.end();
    await expect(soon(second.recv.read(), 'the FIN')).resolves.toBeNull();
    expect(await status(await peer.bidi(headers(...CONNECT)))).toBe('200');
  });

  it('sends other requests: 404, or what the hook says', async () => {
    const get: FieldLine[] = [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'relay.example'],
      [':path', '/certificate.sha256'],
    ];
    const plain = serve();
    expect(await status(await plain.peer.bidi(headers(...get)))).toBe('404');
    const hooked = serve({
      onRequest: ({ path }) => ({ status: 200, headers: [['Content-Type', 'text/plain']], body: utf8(path) }),
    });
    const stream = await hooked.peer.bidi(headers(...get));
    const reader = new RequestReader(stream.recv);
    expect((await reader.next())?.kind).toBe('item');
    const body = await reader.next();
    expect(body?.kind === 'part' && fromUtf8(body.bytes)).toBe('/certificate.sha256');
    await expect(reader.next()).resolves.toBeNull();
  });

  it.each([
    [
      'another :protocol',
      CONNECT.map(([name, value]): FieldLine => [name, name === ':protocol' ? 'websocket' : value]),
    ],
    [
      'a plain CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'x:443'],
      ] as FieldLine[],
    ],
  ])('sends %s: 501', async (_what, lines) => {
    const { peer } = serve();
    await peer.settings(ourSettings('client', 1));
    expect(await status(await peer.bidi(headers(...lines)))).toBe('501');
  });

  it.each([
    ['malformed fields', headers(...CONNECT, [':path', '/x']), 'H3_MESSAGE_ERROR'],
    ['more fields than fit', headers(['a', 'x'.repeat(20_000)], ['b', 'x'.repeat(20_000)]), null],
  ] as [string, Uint8Array, H3CodeName | null][])('sends %s', async (_what, bytes, name) => {
    const { peer, pair } = serve();
    const stream = await peer.bidi(bytes);
    if (name !== null) await expect(stream.recv.read()).rejects.toEqual(new StreamReset(code(name)));
    else await expect(soon(pair.client.closed, 'the end')).resolves.toMatchObject({ code: code('H3_EXCESSIVE_LOAD') });
  });

  it('sends half a request: reset after the deadline', async () => {
    const { peer } = serve({ requestTimeoutMs: 30 });
    const stream = await peer.bidi(headers(...CONNECT).subarray(0, 5));
    await expect(stream.recv.read()).rejects.toEqual(new StreamReset(code('H3_REQUEST_INCOMPLETE')));
  });

  it('ends a request before it says anything: reset', async () => {
    const { peer } = serve();
    const stream = await peer.bidi(encodeVarints(0x41));
    stream.send.end();
    await expect(stream.recv.read()).rejects.toEqual(new StreamReset(code('H3_REQUEST_INCOMPLETE')));
  });

  it('never sends SETTINGS: the connection fails', async () => {
    const { peer, pair } = serve({ requestTimeoutMs: 30 });
    await peer.bidi(headers(...CONNECT));
    await expect(soon(pair.client.closed, 'the end')).resolves.toMatchObject({ code: code('H3_MISSING_SETTINGS') });
  });

  it('opens more sessions than were granted: rejected, and counted', async () => {
    const counters: Readonly<Record<string, number>>[] = [];
    const { peer, pair, served } = serve({ onCounters: (counts) => counters.push(counts) });
    await peer.settings(ourSettings('client', 1));
    expect(await status(await peer.bidi(headers(...CONNECT)))).toBe('200');
    const second = await peer.bidi(headers(...CONNECT));
    await expect(second.recv.read()).rejects.toEqual(new StreamReset(code('H3_REQUEST_REJECTED')));
    await pair.client.close(0n, '');
    await served;
    expect(counters).toMatchObject([{ sessionsRejected: 1 }]);
  });

  it('runs several sessions side by side where they are granted', async () => {
    const { peer, sessions } = serve({ maxSessions: 2 });
    await peer.settings(ourSettings('client', 1));
    const first = await peer.bidi(headers(...CONNECT));
    const second = await peer.bidi(headers(...CONNECT));
    expect([await status(first), await status(second)]).toEqual(['200', '200']);
    const [one, two] = sessions as [WebTransportSession, WebTransportSession];
    await peer.uni(encodeVarints(0x54, Number(second.id)), utf8('for two'));
    await peer.uni(encodeVarints(0x54, Number(first.id)), utf8('for one'));
    const [forOne, forTwo] = await Promise.all([nextUni(one), nextUni(two)]);
    expect(fromUtf8((await forOne.read()) as Uint8Array)).toBe('for one');
    expect(fromUtf8((await forTwo.read()) as Uint8Array)).toBe('for two');
    const pending = forTwo.read();
    await one.close(0n, '');
    await expect(forOne.read()).rejects.toMatchObject({ name: 'SessionClosed' });
    await peer.uni(encodeVarints(0x54, Number(second.id)));
    two.close(4n, '').catch(() => {});
    await expect(pending).rejects.toMatchObject({ info: { code: 4n } });
  });

  it('opens streams for a session that does not come: bounded, then refused', async () => {
    const { peer } = serve();
    const limit = 98;
    const streams = [];
    for (let i = 0; i < limit; i++) streams.push(await peer.bidi(encodeVarints(0x41, 4000)));
    for (let i = 0; i < limit; i++) streams.push({ send: await peer.uni(encodeVarints(0x54, 4000)) });
    const last = streams.at(-1);
    await expect(soon(last?.send.stopped as Promise<bigint>, 'the refusal')).resolves.toBe(
      code('WT_BUFFERED_STREAM_REJECTED'),
    );
  });

  it('opens streams for a session that is refused: refused with it', async () => {
    const { peer } = serve({}, false);
    await peer.settings(ourSettings('client', 1));
    const early = await peer.uni(encodeVarints(0x54, 0));
    expect(await status(await peer.bidi(headers(...CONNECT)))).toBe('401');
    // Sooner than the wait for a session that never comes would have it.
    await expect(soon(early.stopped, 'the refusal')).resolves.toBe(code('WT_BUFFERED_STREAM_REJECTED'));
  });

  it('sends more after a request that was answered: told to stop', async () => {
    const { peer } = serve({}, false);
    await peer.settings(ourSettings('client', 1));
    const stream = await peer.bidi(headers(...CONNECT));
    expect(await status(stream)).toBe('401');
    await expect(soon(stream.send.stopped, 'the stop')).resolves.toBe(code('H3_NO_ERROR'));
  });

  it('opens a stream of a session that has ended: refused at once', async () => {
    const { peer, sessions } = serve({ maxSessions: 2 });
    await peer.settings(ourSettings('client', 1));
    await peer.bidi(headers(...CONNECT));
    const connect = await peer.bidi(headers(...CONNECT));
    await status(connect);
    connect.send.end();
    await soon((sessions[1] as WebTransportSession).closed, 'the end');
    const late = await peer.uni(encodeVarints(0x54, Number(connect.id)));
    await expect(soon(late.stopped, 'the refusal')).resolves.toBe(code('WT_SESSION_GONE'));
  });

  it('does nothing with its connection: closed', async () => {
    const { pair } = serve({ unusedMs: 20 });
    await expect(soon(pair.client.closed, 'the end')).resolves.toMatchObject({ code: code('H3_NO_ERROR') });
  });
});

describe('a server whose application', () => {
  it('throws on a request: 500, and the error is handed over', async () => {
    const errors: unknown[] = [];
    const pair = memoryPair({ protocol: 'h3' });
    const failing = () => {
      throw new Error('oops');
    };
    void serveWebTransport(pair.server, failing, () => {}, { onHandlerError: (error) => errors.push(error) });
    const peer = new RawPeer(pair.client);
    await peer.settings(ourSettings('client', 1));
    expect(await status(await peer.bidi(headers(...CONNECT)))).toBe('500');
    expect(errors).toMatchObject([{ message: 'oops' }]);
  });

  it('chooses a protocol that was not offered: 500', async () => {
    const errors: unknown[] = [];
    const pair = memoryPair({ protocol: 'h3' });
    const choose = () => ({ accept: true, protocol: 'moqt-18' }) as const;
    void serveWebTransport(pair.server, choose, () => {}, { onHandlerError: (error) => errors.push(error) });
    const peer = new RawPeer(pair.client);
    await peer.settings(ourSettings('client', 1));
    expect(await status(await peer.bidi(headers(...CONNECT)))).toBe('500');
    expect(errors).toHaveLength(1);
  });

  it('throws on a session: it is closed, and the error is handed over', async () => {
    const errors: unknown[] = [];
    const pair = memoryPair({ protocol: 'h3' });
    const failing = () => {
      throw new Error('oops');
    };
    const accept = () => ({ accept: true, protocol: null }) as const;
    void serveWebTransport(pair.server, accept, failing, { onHandlerError: (error) => errors.push(error) });
    const request = sessionRequest({ host: 'a', port: 1, path: '' }, { alpn: [] });
    const session = await openWebTransport(pair.client, request, { timeoutMs: 5000 });
    await expect(soon(session.closed, 'the end')).resolves.toMatchObject({ by: 'peer', reason: 'internal error' });
    expect(errors).toMatchObject([{ message: 'oops' }]);
  });
});

describe('what a client is asked for', () => {
  it.each([
    ['a path without a slash', { path: 'moq' }, {}, 'MOQT_E_URL'],
    ['a path with a space', { path: '/a b' }, {}, 'MOQT_E_URL'],
    ['a path with a line break', { path: '/a\r\nb' }, {}, 'MOQT_E_URL'],
    ['a protocol that no string can hold', {}, { alpn: ['é'] }, 'MOQT_E_USAGE'],
    ['a pseudo-header', {}, { headers: [[':path', '/']] as [string, string][] }, 'MOQT_E_USAGE'],
  ])('is refused for %s', (_what, target, options, name) => {
    const ask = () => sessionRequest({ host: 'h', port: 1, path: '/', ...target }, { alpn: [], ...options });
    expect(ask).toThrow(expect.objectContaining({ code: name }));
  });

  it('names the port unless it is 443', () => {
    const authority = (host: string, port: number) => sessionRequest({ host, port, path: '' }, { alpn: [] }).authority;
    expect([authority('h', 443), authority('h', 4443), authority('::1', 4443)]).toEqual(['h', 'h:4443', '[::1]:4443']);
  });
});
