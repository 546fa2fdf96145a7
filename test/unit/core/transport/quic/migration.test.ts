import { afterEach, describe, expect, it } from 'vitest';
import { Attempt } from '../../../../../src/core/transport/quic/client/attempt.js';
import { handshakeTrust } from '../../../../../src/core/transport/quic/client/handshake-trust.js';
import { configFor } from '../../../../../src/core/transport/quic/config.js';
import type { QuicConnection } from '../../../../../src/core/transport/quic/connection.js';
import { loadQuiche } from '../../../../../src/core/transport/quic/native.js';
import { QuicSession } from '../../../../../src/core/transport/quic/session.js';
import type { ConnectOptions } from '../../../../../src/core/transport/transport.js';
import { closeAll, readAll, startServer } from '../../../../support/quic-pair.js';
import { eventually } from '../../../../support/wait.js';

afterEach(closeAll);

async function connectInside(port: number): Promise<QuicConnection> {
  const quiche = await loadQuiche();
  const target = { host: '127.0.0.1', port, path: '' };
  const options: ConnectOptions = {
    alpn: ['moqt-18'],
    verify: { kind: 'none' },
    connectTimeoutMs: 5000,
    idleTimeoutMs: 5000,
  };
  const trust = handshakeTrust(target, options);
  const limits = { maxIncomingUni: 100, maxIncomingBidi: 100 };
  const config = configFor(quiche, trust.tls, {
    ...limits,
    alpn: options.alpn,
    idleTimeoutMs: 5000,
    streamWindow: 1 << 20,
    connectionWindow: undefined,
    congestionControl: 'cubic',
    keylog: false,
  });
  return new Attempt({ quiche, config, trust, options, ...limits, port }, '127.0.0.1').run();
}

describe('a client whose address goes away', () => {
  it.each(['ENETUNREACH', 'EADDRNOTAVAIL', 'EINVAL'])('moves to a new socket on %s and loses nothing', async (code) => {
    const { port, next } = await startServer();
    const connection = await connectInside(port);
    const client = new QuicSession(connection, () => connection.localAddress);
    const server = await next();
    const before = client.local.port;
    const received = new Promise<Buffer>((resolve) => server.onIncomingUni((stream) => resolve(readAll(stream))));
    const stream = await client.openUni();
    await stream.write(Buffer.alloc(200_000, 1));
    // The spare connection IDs of both sides must have crossed.
    await eventually(() => connection.native.availableDcids() > 0, 'spare IDs');

    connection.onSocketError(Object.assign(new Error(code), { code }));
    await eventually(() => client.local.port !== before, 'another socket');
    await stream.write(Buffer.alloc(200_000, 2));
    stream.end();
    expect((await received).length).toBe(400_000);
    await eventually(() => server.remote.port === client.local.port, 'the server to follow');

    const back = new Promise<Buffer>((resolve) => client.onIncomingUni((one) => resolve(readAll(one))));
    const answer = await server.openUni();
    await answer.write(Buffer.alloc(100_000, 3));
    answer.end();
    expect((await back).length).toBe(100_000);
    await client.close(0n, '');
  });

  it('stays where it is on errors that pass', async () => {
    const { port, next } = await startServer();
    const connection = await connectInside(port);
    await next();
    const before = connection.localAddress.port;
    for (const code of ['ENOBUFS', 'EPERM', 'EMSGSIZE']) {
      connection.onSocketError(Object.assign(new Error(code), { code }));
    }
    expect(connection.localAddress.port).toBe(before);
    expect(connection.isOpen).toBe(true);
    await connection.close(0n, '', 100);
  });
});
