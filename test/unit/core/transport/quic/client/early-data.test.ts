import { afterEach, describe, expect, it } from 'vitest';
import { Attempt } from '../../../../../../src/core/transport/quic/client/attempt.js';
import { handshakeTrust } from '../../../../../../src/core/transport/quic/client/handshake-trust.js';
import { configFor, quicSettings } from '../../../../../../src/core/transport/quic/config.js';
import type { QuicConnection } from '../../../../../../src/core/transport/quic/connection.js';
import { loadQuiche } from '../../../../../../src/core/transport/quic/native.js';
import type { ConnectOptions } from '../../../../../../src/core/transport/transport.js';
import { closeAll, connectTo, startServer } from '../../../../../support/quic-pair.js';
import { eventually } from '../../../../../support/wait.js';

afterEach(closeAll);

const OPTIONS: ConnectOptions = {
  alpn: ['moqt-18'],
  verify: { kind: 'none' },
  connectTimeoutMs: 5000,
  idleTimeoutMs: 5000,
};

/** Shows a ticket, whoever it is of. */
async function connectWith(port: number, ticket: Uint8Array | undefined): Promise<QuicConnection> {
  const quiche = await loadQuiche();
  const trust = handshakeTrust({ host: '127.0.0.1', port, path: '' }, OPTIONS);
  const config = configFor(quiche, trust.tls, { ...quicSettings(OPTIONS), earlyData: true });
  const limits = { maxIncomingUni: 100, maxIncomingBidi: 100 };
  return new Attempt({ quiche, config, trust, options: OPTIONS, ...limits, port, ticket }, '127.0.0.1').run();
}

describe('trying 0-RTT', () => {
  it('finds that a server takes it', async () => {
    const { port } = await startServer({ earlyData: true });
    const session = await connectTo(port);
    expect(await session.tryEarlyData?.()).toEqual({ ticket: true, resumed: true, offered: true, accepted: true });
  });

  it('finds that a server resumes sessions and takes no 0-RTT', async () => {
    const { port } = await startServer();
    const session = await connectTo(port);
    expect(await session.tryEarlyData?.()).toEqual({ ticket: true, resumed: true, offered: false, accepted: false });
  });

  it('leaves the session as it is', async () => {
    const { port, next } = await startServer({ earlyData: true });
    const session = await connectTo(port);
    const server = await next();
    await session.tryEarlyData?.();
    const arrived = new Promise<void>((resolve) => server.onIncomingUni(() => resolve()));
    const stream = await session.openUni();
    await stream.write(Buffer.from('still here'));
    await arrived;
  });

  it('is refused by a server that does not know the ticket, and the handshake goes on without it', async () => {
    const [one, other] = [await startServer({ earlyData: true }), await startServer({ earlyData: true })];
    const first = await connectWith(one.port, undefined);
    await eventually(() => first.native.session() !== null, 'a ticket');
    const second = await connectWith(other.port, first.native.session() as Uint8Array);
    await eventually(() => {
      second.ping();
      return second.native.stats().recv > 3 && second.rtt.minMs !== null;
    }, 'acknowledgements');
    expect(second.earlyData).toMatchObject({ made: true, accepted: false });
    expect(second.native.isResumed()).toBe(false);
    await Promise.all([first, second].map((connection) => connection.close(0n, '', 1000)));
  });
});

describe('moving on purpose', () => {
  it('goes on from another port', async () => {
    const { port, next } = await startServer();
    const session = await connectTo(port);
    const server = await next();
    const before = session.local.port;
    await eventually(() => session.stats().receivedPackets > 2, 'spare connection IDs');
    await session.migrate?.();
    expect(session.local.port).not.toBe(before);
    const arrived = new Promise<void>((resolve) => server.onIncomingUni(() => resolve()));
    const stream = await session.openUni();
    await stream.write(Buffer.from('from elsewhere'));
    await arrived;
    await eventually(() => server.remote.port === session.local.port, 'the server to follow');
  });

  it('is for clients', async () => {
    const { port, next } = await startServer();
    await connectTo(port);
    const server = await next();
    await expect(server.migrate?.()).rejects.toThrow('only a client moves');
    await expect(server.tryEarlyData?.()).rejects.toThrow('only a client resumes sessions');
  });
});
