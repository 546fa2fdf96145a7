import type { RecvStream, SendStream, TransportSession } from '../../src/core/transport/transport.js';
import { ContentCheck, chunksOf, contentBlock } from './content.js';
import { connectTo, listenOn, type Pair, packetPath } from './endpoints.js';
import { cpuMs, Stretch, say, udpDrops, untilTold } from './process-report.js';

/** Any name: the raw arms speak nothing. */
const ALPN = 'raw';

export interface RawLoad {
  readonly bytes: number;
  readonly writeSize: number;
}

async function sendAll(stream: SendStream, { bytes, writeSize }: RawLoad): Promise<void> {
  for (const chunk of chunksOf(contentBlock(), bytes, writeSize)) {
    const pause = stream.write(chunk);
    if (pause !== undefined) await pause;
  }
  stream.end();
  await stream.delivered();
}

/** A server that sends one uni stream to whoever connects. */
export async function rawServe(options: RawLoad & { readonly pair: Pair }): Promise<void> {
  const listener = await listenOn(options.pair, ALPN, (session) => {
    void session.openUni().then(async (stream) => {
      await sendAll(stream, options);
      say('sent', { ...packetPath(session), drops: udpDrops(listener.address.port) });
    });
  });
  await untilTold();
  await listener.close({ closeSessions: { code: 0n, reason: '' } });
}

/** A client that sends one uni stream. */
export async function rawSend(options: RawLoad & { readonly port: number }): Promise<void> {
  const session = await connectTo(options.port, ALPN);
  await sendAll(await session.openUni(), options);
  say('sent', { ...packetPath(session), drops: udpDrops(session.local.port) });
  await untilTold();
  await session.close(0n, '');
}

/** A client that reads one uni stream to its end. */
export async function rawRead({ port, warmUpBytes }: { readonly port: number; readonly warmUpBytes?: number }) {
  const session = await connectTo(port, ALPN);
  const check = new ContentCheck();
  const stretch = new Stretch(warmUpBytes);
  const stream = await new Promise<RecvStream>((resolve) => session.onIncomingUni(resolve));
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    stretch.mark(chunk.length);
    check.push(chunk);
  }
  const drops = udpDrops(session.local.port);
  say('received', { bytes: check.bytes, isSame: check.isSame, drops, ...stretch.result, ...packetPath(session) });
  await session.close(0n, '');
}

/** A relay without a protocol: what the first stream of one session brings goes to every session that is there by then. */
export async function splice({ pair }: { readonly pair: Pair }): Promise<void> {
  const sessions = new Set<TransportSession>();
  const listener = await listenOn(pair, ALPN, (session) => {
    sessions.add(session);
    session.onIncomingUni(
      (stream) =>
        void forward(
          stream,
          [...sessions].find((other) => other !== session),
        ),
    );
    say('session', { count: sessions.size });
  });
  await untilTold();
  say('relayed', { drops: udpDrops(listener.address.port), cpuMs: cpuMs() });
  await listener.close({ closeSessions: { code: 0n, reason: '' } });
}

async function forward(from: RecvStream, to: TransportSession | undefined): Promise<void> {
  if (to === undefined) throw new Error('nobody to forward to');
  const out = await to.openUni();
  for (let chunk = await from.read(); chunk !== null; chunk = await from.read()) {
    const pause = out.write(chunk);
    if (pause !== undefined) await pause;
  }
  out.end();
}
