import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { fullSizePacket } from '../../../../../src/core/probe/experiments/full-size-packet.js';
import { unlessHeldUp } from '../../../../support/wait.js';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** A UDP port that answers packets up to this size with a Version Negotiation packet. */
async function negotiator(mtu: number): Promise<number> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (packet, from) => {
    if (packet.length > mtu) return;
    const dcid = packet.subarray(6, 14);
    const scid = packet.subarray(15, 23);
    const ids = [Buffer.from([8]), scid, Buffer.from([8]), dcid];
    const answer = Buffer.concat([Buffer.from([0x80, 0, 0, 0, 0]), ...ids, Buffer.from([0, 0, 0, 1])]);
    socket.send(answer, from.port, from.address);
  });
  return socket.address().port;
}

const compare = (port: number, signal = new AbortController().signal) =>
  fullSizePacket({ address: '127.0.0.1', port, bind: undefined, size: 1472, limitMs: 300, signal });

describe('a packet of full size', () => {
  it('passes, vanishes, or nothing is known', async () => {
    const ports = await Promise.all([negotiator(1500), negotiator(1300), negotiator(0)]);
    await unlessHeldUp(100, async () => {
      expect(await Promise.all(ports.map((port) => compare(port)))).toEqual(['passes', 'vanishes', 'unknown']);
    });
  });

  it('is waited for no longer than anybody wants to know', async () => {
    const over = new AbortController();
    const waiting = compare(await negotiator(0), over.signal);
    over.abort(new Error('the probe is over'));
    await expect(waiting).rejects.toThrow('the probe is over');
    await expect(compare(await negotiator(1500), over.signal)).rejects.toThrow('the probe is over');
  });

  it('is waited for also when nothing else keeps the process alive', async () => {
    const root = fileURLToPath(new URL('../../../../../', import.meta.url));
    const folder = `${root}dist/test-full-size-${process.pid}`;
    mkdirSync(folder, { recursive: true });
    try {
      await build({
        stdin: {
          contents: `
            import { fullSizePacket } from './src/core/probe/experiments/full-size-packet.js';
            const signal = new AbortController().signal;
            const port = Number(process.argv[2]);
            console.log(await fullSizePacket({ address: '127.0.0.1', port, size: 1472, limitMs: 300, signal }));
          `,
          resolveDir: root,
          loader: 'ts',
        },
        outfile: `${folder}/ask.mjs`,
        bundle: true,
        platform: 'node',
        format: 'esm',
        external: ['@matrixai/quic', 'koffi', '@peculiar/x509'],
        logLevel: 'error',
      });
      const child = spawn(process.execPath, [`${folder}/ask.mjs`, String(await negotiator(0))]);
      let output = '';
      child.stdout.on('data', (text: Buffer) => {
        output += text;
      });
      const [code] = await once(child, 'close');
      // A top-level await that nothing can settle any more ends a process with 13.
      expect({ code, output }).toEqual({ code: 0, output: 'unknown\n' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
