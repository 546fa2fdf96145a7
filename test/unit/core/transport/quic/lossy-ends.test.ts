import { expect, it } from 'vitest';
import type { RecvStream } from '../../../../../src/core/transport/transport.js';
import { connectTo, startServer } from '../../../../support/quic-pair.js';
import { UdpProxy } from '../../../../support/udp-proxy.js';
import { eventually } from '../../../../support/wait.js';

const STREAMS = 64;
const PIECE = Buffer.alloc(16_390, 'x');
const PIECES = 16;

it.each([1, 2])(
  'streams that end after their data was sent arrive whole although packets are lost (seed %i)',
  async (seed) => {
    const server = await startServer();
    const loss = { loss: 0.01 };
    const target = { host: '127.0.0.1', port: server.port };
    const proxy = await UdpProxy.start({ target, seed, toServer: loss, toClient: loss });
    const client = await connectTo(proxy.port);
    const session = await server.next();
    const whole: number[] = [];
    const readAll = async (stream: RecvStream): Promise<void> => {
      let bytes = 0;
      for (let piece = await stream.read(); piece !== null; piece = await stream.read()) bytes += piece.length;
      whole.push(bytes);
    };
    session.onIncomingUni((stream) => void readAll(stream).catch(() => {}));
    for (let i = 0; i < STREAMS; i++) {
      const stream = await client.openUni();
      for (let piece = 0; piece < PIECES; piece++) await stream.write(PIECE);
      await new Promise((resolve) => setTimeout(resolve, 2));
      stream.end();
    }
    await eventually(() => whole.length === STREAMS, 'all streams to end');
    expect(new Set(whole)).toEqual(new Set([PIECE.length * PIECES]));
    await client.close(0n, '', 500);
    await proxy.close();
  },
);
