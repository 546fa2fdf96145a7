import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServeRelayOptions } from '../../src/core/relay/serve-options.js';
import { type Relay, serveRelay } from '../../src/core/relay/serve-relay.js';
import { connect } from '../../src/core/session/connect/connect.js';
import type { MoqtSession, SessionHandlers } from '../../src/core/session/session.js';
import type { Situation } from './case.js';

export type Scheme = 'moqt' | 'https';

export interface RelaySituation extends Omit<ServeRelayOptions, 'port'> {
  readonly scheme?: Scheme;
  readonly args?: readonly string[];
  /** How the probe trusts the relay; default by its hash. */
  readonly trust?: readonly string[];
  readonly path?: string;
}

/** What one case starts, and how all of it ends. */
export class Lab {
  readonly #open: (() => unknown)[] = [];
  #folder: string | null = null;

  /** `end` is called when the case is over, the last first. */
  defer(end: () => unknown): void {
    this.#open.push(end);
  }

  async close(): Promise<void> {
    for (const end of this.#open.splice(0).reverse()) {
      await Promise.race([Promise.resolve(end()).catch(() => {}), new Promise((resolve) => setTimeout(resolve, 3000))]);
    }
  }

  /** A file that lives as long as the case. */
  file(name: string, content: string): string {
    const folder = this.#folder ?? mkdtempSync(join(tmpdir(), 'moqt-diagnosis-'));
    if (this.#folder === null) this.defer(() => rmSync(folder, { recursive: true, force: true }));
    this.#folder = folder;
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  }

  /** Our relay, and a probe of it. */
  async relay(options: RelaySituation = {}): Promise<Situation & { readonly relay: Relay }> {
    const { scheme = 'moqt', args = [], trust, path = '', ...serve } = options;
    const relay = await serveRelay({ ...serve, port: 0 });
    this.defer(() => relay.close());
    const base =
      relay.urls.find((url) => url.startsWith(`${scheme}:`)) ?? (relay.urls[0] as string).replace(/^\w+/, scheme);
    const hash = Buffer.from(relay.certificate.sha256).toString('hex');
    return { url: base + path, args: [...(trust ?? ['--cert-sha256', hash]), ...args], relay };
  }

  /** A session of ours with a relay, for what must be there before the probe comes. */
  async member(relay: Relay, handlers: SessionHandlers = {}): Promise<MoqtSession> {
    const session = await connect(relay.urls.find((url) => url.startsWith('moqt:')) as string, {
      trust: { pins: [relay.certificate.sha256] },
      handlers,
    });
    this.defer(() => session.close());
    return session;
  }

  /** A UDP socket that does what it is told with every packet; by default it swallows them. */
  async udp(
    onPacket: (packet: Buffer, from: RemoteInfo, socket: Socket) => void = () => {},
    host = '127.0.0.1',
    port = 0,
  ): Promise<number> {
    const socket = createSocket('udp4');
    socket.on('message', (packet, from) => onPacket(packet, from, socket));
    socket.bind(port, host);
    await once(socket, 'listening');
    this.defer(() => socket.close());
    return socket.address().port;
  }

  /** A TCP port that accepts and says nothing; -1 of a port that is free on UDP too. */
  async tcp(port = 0): Promise<number> {
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    this.defer(() => server.close());
    return (server.address() as { port: number }).port;
  }
}
