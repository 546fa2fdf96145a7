import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { freePort } from '../../support/free-port.js';
import { type DiagnosisCase, type Situation, Unavailable } from '../case.js';
import type { Lab } from '../lab.js';

/** A UDP socket of IPv6 that swallows everything, on this port of ::1. */
async function deafOnIpv6(lab: Lab, port: number): Promise<void> {
  const socket = createSocket('udp6');
  socket.on('message', () => {});
  const bound = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, '::1', resolve);
  });
  lab.defer(() => socket.close());
  await bound.catch(() => {
    throw new Unavailable('no IPv6 on loopback here');
  });
}

async function hasIpv6(): Promise<void> {
  const socket = createSocket('udp6');
  const bound = once(socket, 'listening');
  socket.bind(0, '::1');
  try {
    await bound;
  } catch {
    throw new Unavailable('no IPv6 on loopback here');
  } finally {
    socket.close();
  }
}

/** A name that has both addresses of loopback; the port is the same on both. */
const bothAddresses = (port: number): string[] => [
  ...['--resolve', `dual.example:${port}:[::1]`],
  ...['--resolve', `dual.example:${port}:127.0.0.1`],
];

/** Our relay on one address of loopback, and on the other `elsewhere`; found by a name with both. */
async function halfDead(
  lab: Lab,
  alive: '127.0.0.1' | '::1',
  elsewhere: (port: number) => Promise<unknown>,
  args: readonly string[],
): Promise<Situation> {
  await hasIpv6();
  const { url, args: trust = [] } = await lab.relay({ host: alive });
  const port = Number(new URL(url.replace(/^moqt/, 'http')).port);
  await elsewhere(port);
  return { url: `moqt://dual.example:${port}/`, args: [...trust, ...bothAddresses(port), ...args] };
}

export const familyCases: readonly DiagnosisCase[] = [
  {
    name: 'warning udp.slow-fallback: IPv6 is dead, IPv4 alive',
    expect: { cause: null, exit: 0, withinMs: 4000, warnings: ['udp.slow-fallback'] },
    start: (lab) => halfDead(lab, '127.0.0.1', (port) => deafOnIpv6(lab, port), []),
  },
  {
    name: 'udp.no-answer: -6 to a relay that is alive on IPv4 only',
    expect: { cause: 'udp.no-answer', exit: 6, withinMs: 6000, hint: ['IPv4 (127.0.0.1) it answers', '-6'] },
    start: (lab) => halfDead(lab, '127.0.0.1', (port) => deafOnIpv6(lab, port), ['-6']),
  },
  {
    name: 'udp.refused: -4 to a relay that listens on IPv6 only',
    expect: { cause: 'udp.refused', exit: 3, withinMs: 3000, hint: ['IPv6 (::1) it answers', '-4'] },
    start: (lab) => halfDead(lab, '::1', async () => {}, ['-4']),
  },
  {
    name: 'udp.refused: -4, and nothing over IPv6 either',
    expect: { cause: 'udp.refused', exit: 3, withinMs: 3000, hint: ['IPv6 does not help', '::1 does not answer'] },
    async start() {
      await hasIpv6();
      const port = await freePort();
      return { url: `moqt://dual.example:${port}/`, args: [...bothAddresses(port), '-4'] };
    },
  },
];
