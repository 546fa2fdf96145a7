import { afterEach, describe, expect, it } from 'vitest';
import type { BidiStream, RecvStream, TransportSession } from '../../../../../src/core/transport/transport.js';
import { StreamReset, StreamStopped } from '../../../../../src/core/transport/transport-errors.js';
import { closeAll, connectPair, readAll } from '../../../../support/quic-pair.js';

afterEach(closeAll);

async function echo(stream: BidiStream): Promise<void> {
  await stream.send.write(await readAll(stream.recv));
  stream.send.end();
}

async function uniPair(): Promise<{ client: TransportSession; server: TransportSession }> {
  return connectPair({});
}

describe('QUIC session', () => {
  it('agrees on a protocol and knows both addresses', async () => {
    const { client, server } = await uniPair();
    expect(client.protocol).toBe('moqt-18');
    expect(server.protocol).toBe('moqt-18');
    expect(client.remote).toEqual(server.local);
    expect(client.peerCertificates()[0]?.subject).toBe('CN=moqt');
  });

  it('carries a uni stream byte for byte and learns that it was acknowledged', async () => {
    const { client, server } = await uniPair();
    const received = new Promise<Buffer>((resolve) => server.onIncomingUni((stream) => resolve(readAll(stream))));
    const stream = await client.openUni();
    const payload = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    await stream.write(payload);
    stream.end();
    expect((await received).equals(payload)).toBe(true);
    expect(await stream.delivered()).toBe('acknowledged');
  });

  it('knows the end of a stream with its last bytes, when it came with them', async () => {
    const { client, server } = await uniPair();
    const arrived = new Promise<RecvStream>((resolve) => server.onIncomingUni(resolve));
    const stream = await client.openUni();
    void stream.write(Buffer.from('the last bytes'));
    stream.end();
    const recv = await arrived;
    expect(recv.atEnd).toBe(false);
    expect(Buffer.from((await recv.read()) ?? []).toString()).toBe('the last bytes');
    expect(recv.atEnd).toBe(true);
    expect(await recv.read()).toBeNull();
  });

  it('echoes on a bidi stream', async () => {
    const { client, server } = await uniPair();
    server.onIncomingBidi((stream) => void echo(stream));
    const bidi = await client.openBidi();
    await bidi.send.write(Buffer.from('hello'));
    bidi.send.end();
    expect((await readAll(bidi.recv)).toString()).toBe('hello');
  });

  it('carries the largest application code in a reset and in STOP_SENDING', async () => {
    const { client, server } = await uniPair();
    const incoming = new Promise<Error>((resolve) =>
      server.onIncomingUni((stream) => {
        readAll(stream).catch(resolve);
      }),
    );
    const stream = await client.openUni();
    await stream.write(Buffer.from('x'));
    stream.reset(2n ** 53n - 1n);
    expect(((await incoming) as StreamReset).code).toBe(2n ** 53n - 1n);
    expect(await incoming).toBeInstanceOf(StreamReset);
  });

  it('tells a writer of STOP_SENDING', async () => {
    const { client, server } = await uniPair();
    server.onIncomingUni((stream) => stream.stop(77n));
    const stream = await client.openUni();
    await stream.write(Buffer.from('x'));
    expect(await stream.stopped).toBe(77n);
    await expect(stream.write(Buffer.from('y'))).rejects.toBeInstanceOf(StreamStopped);
  });

  it('closes with an exact code and reason', async () => {
    const { client, server } = await uniPair();
    await client.close(0x123456789abcdn, 'done ✓');
    expect(await server.closed).toMatchObject({
      by: 'peer',
      isApplication: true,
      code: 0x123456789abcdn,
      reason: 'done ✓',
    });
    expect(await client.closed).toMatchObject({ by: 'local', code: 0x123456789abcdn });
  });
});
