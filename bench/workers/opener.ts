import { createInterface } from 'node:readline';
import { connect } from '../../src/core/session/connect/connect.js';
import { UdpProxy } from '../../test/support/udp-proxy.js';
import { say, untilTold } from './process-report.js';

/** Opens and closes a session at every line of stdin, and tells how long it took: everything is loaded already. */
export async function opener({ url, pin }: { readonly url: string; readonly pin: string }): Promise<void> {
  const open = async (): Promise<number> => {
    const startedAt = performance.now();
    const session = await connect(url, { trust: { pins: [Buffer.from(pin, 'hex')] } });
    const ms = performance.now() - startedAt;
    await session.close();
    return ms;
  };
  await open();
  say('ready', {});
  for await (const _ of createInterface({ input: process.stdin })) say('opened', { ms: await open() });
  process.exit(0);
}

/** A network between clients and a port of loopback that takes its time. */
export async function delay({ port, delayMs }: { readonly port: number; readonly delayMs: number }): Promise<void> {
  const proxy = await UdpProxy.start({
    target: { host: '127.0.0.1', port },
    seed: 1,
    toServer: { delayMs },
    toClient: { delayMs },
  });
  say('listening', { port: proxy.port });
  await untilTold();
  await proxy.close();
}
