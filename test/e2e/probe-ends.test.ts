import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loopbackCertificate } from '../support/loopback.js';
import { run } from '../support/moqt.js';
import { RogueServer } from '../support/rogue-world.js';
import { UdpProxy } from '../support/udp-proxy.js';

const PATIENT = ['--connect-timeout', '60s', '--setup-timeout', '60s', '--request-timeout', '60s'];
let server: RogueServer;
beforeAll(async () => {
  server = await RogueServer.start();
});
afterAll(() => server.close());

async function trust(): Promise<string[]> {
  const { sha256 } = await loopbackCertificate();
  return ['--cert-sha256', Buffer.from(sha256).toString('hex'), '--draft', '18', '--json'];
}

describe('a session that ends while packet sizes are still compared', () => {
  it.each([
    ['a message that is no answer to it', (): number[] => [0x1e, 0, 2, 0, 0]],
    ['a body that cannot be read', (): number[] => [0x07, 0, 1, 0xff]],
  ])('has its report: %s', async (_, answer) => {
    // Large packets vanish, and the answers to small ones are slow: there is still much to compare when the session is gone.
    const proxy = await UdpProxy.start({
      target: { host: '127.0.0.1', port: server.port },
      seed: 1,
      toServer: { mtu: 1400, delayMs: 40 },
      toClient: { delayMs: 40 },
    });
    const probing = run([
      'probe',
      `moqt://127.0.0.1:${proxy.port}/`,
      '--announce',
      'a/b',
      ...PATIENT,
      ...(await trust()),
    ]);
    const peer = await server.accept('18');
    await peer.setup();
    const { stream } = await peer.nextRequest('PUBLISH_NAMESPACE');
    stream.bytes(Uint8Array.from(answer()));
    const { code, stdout, stderr } = await probing;
    await proxy.close();
    expect(code, stderr).toBe(7);
    expect(JSON.parse(stdout.toString())).toMatchObject({ ok: false, cause: 'request.closed', exitCode: 7 });
  });
});
