import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { freePort } from '../../support/free-port.js';
import { blackhole } from '../../support/tcp-servers.js';
import { type DiagnosisCase, type Situation, Unavailable } from '../case.js';
import type { Lab } from '../lab.js';

/** Runs moqt where 127.0.0.53 is the name server: a UDP socket of ours. */
async function ownResolver(lab: Lab, answer: (query: Buffer) => Buffer | null): Promise<Situation> {
  const host = `127.${1 + Math.floor(Math.random() * 200)}.${Math.floor(Math.random() * 250)}.53`;
  const config = lab.file('resolv.conf', `nameserver ${host}\noptions timeout:30 attempts:1\n`);
  const inside = ['unshare', '--mount', 'sh', '-c', `mount --bind ${config} /etc/resolv.conf && exec "$@"`, 'sh'];
  const [program, ...args] = [...inside, 'true'];
  if (spawnSync(program as string, args).status !== 0) {
    throw new Unavailable('a resolver of our own needs a mount namespace (root, unshare)');
  }
  await lab.udp(
    (query, from, socket) => {
      const reply = answer(query);
      if (reply !== null) socket.send(reply, from.port, from.address);
    },
    host,
    53,
  );
  return { url: 'moqt://relay.example:4443/', under: inside };
}

/** A DNS answer without records: the query with the bits of a response and this RCODE. */
function dnsAnswer(query: Buffer, rcode: number): Buffer {
  const question = query.subarray(12);
  const end = question.indexOf(0) + 5;
  const reply = Buffer.concat([query.subarray(0, 12), question.subarray(0, end)]);
  reply.writeUInt16BE(0x8180 | rcode, 2);
  reply.writeUInt16BE(0, 6);
  reply.writeUInt16BE(0, 8);
  reply.writeUInt16BE(0, 10);
  return reply;
}

/** Version 1 in a Version Negotiation packet (RFC 9000 §17.2.1), for clients of other versions; silence for the others. */
function negotiation(packet: Buffer): Buffer | null {
  if (packet.readUInt32BE(1) === 1) return null;
  const dcid = packet.subarray(6, 6 + packet.readUInt8(5));
  const scidAt = 7 + dcid.length;
  const scid = packet.subarray(scidAt, scidAt + packet.readUInt8(scidAt - 1));
  return Buffer.concat([
    Buffer.from([0x80, 0, 0, 0, 0, scid.length]),
    scid,
    Buffer.from([dcid.length]),
    dcid,
    Buffer.from([0, 0, 0, 1]),
  ]);
}

const H2 = ['--transport', 'webtransport-h2', '--insecure'];

export const networkCases: readonly DiagnosisCase[] = [
  ...['ftp://relay.example/', 'moqt://relay.example:0/', 'https://user:word@relay.example/', 'moqt://'].map((url) => ({
    name: `url.invalid: ${url}`,
    expect: { cause: 'url.invalid', exit: 2, withinMs: 500, hint: ['moqt://host[:port][/path]'] },
    start: async () => ({ url }),
  })),
  {
    name: 'dns.not-found: NXDOMAIN',
    expect: { cause: 'dns.not-found', exit: 3, withinMs: 1500, hint: ['name', '127.'] },
    start: (lab) => ownResolver(lab, (query) => dnsAnswer(query, 3)),
  },
  {
    name: 'dns.not-found: a name without addresses',
    expect: { cause: 'dns.not-found', exit: 3, withinMs: 1500, hint: ['name'] },
    start: (lab) => ownResolver(lab, (query) => dnsAnswer(query, 0)),
  },
  {
    name: 'dns.timeout: a silent resolver',
    expect: { cause: 'dns.timeout', exit: 6, withinMs: 4000, hint: ['resolver', '127.'] },
    start: (lab) => ownResolver(lab, () => null),
  },
  {
    name: 'udp.refused: nothing listens',
    expect: { cause: 'udp.refused', exit: 3, withinMs: 1000, hint: ['port'] },
    start: async () => ({ url: `moqt://127.0.0.1:${await freePort()}/` }),
  },
  {
    name: 'udp.refused: a server on TCP only',
    expect: { cause: 'udp.refused', exit: 3, withinMs: 1500, hint: ['TCP'] },
    start: async (lab) => ({ url: `https://127.0.0.1:${await lab.tcp()}/` }),
  },
  {
    name: 'udp.no-answer: a socket that swallows everything',
    expect: { cause: 'udp.no-answer', exit: 6, withinMs: 4000, hint: ['TCP'] },
    start: async (lab) => ({ url: `moqt://127.0.0.1:${await lab.udp()}/` }),
  },
  {
    name: 'udp.no-answer: UDP dropped in front of a relay whose TCP answers',
    expect: {
      cause: 'udp.no-answer',
      exit: 6,
      withinMs: 6000,
      hint: ['webtransport-h2 works here'],
      warnings: ['h2.fallback'],
    },
    start: (lab) => lab.relay({ faults: ['blackhole'], scheme: 'https' }),
  },
  {
    name: 'udp.refused: a relay of WebTransport over HTTP/2 alone',
    expect: {
      cause: 'udp.refused',
      exit: 3,
      withinMs: 3000,
      hint: ['TCP', 'webtransport-h2 works here'],
      warnings: ['h2.fallback'],
    },
    start: (lab) => lab.relay({ transports: ['webtransport-h2'], scheme: 'https' }),
  },
  {
    name: 'udp.no-answer: a QUIC server that answers nothing but version negotiation',
    expect: {
      cause: 'udp.no-answer',
      exit: 6,
      withinMs: 4000,
      message: ['version negotiation'],
      hint: ['overloaded', 'SNI'],
    },
    start: async (lab) => ({
      url: `moqt://127.0.0.1:${await lab.udp((packet, from, socket) => {
        const answer = negotiation(packet);
        if (answer !== null) socket.send(answer, from.port, from.address);
      })}/`,
    }),
  },
  {
    name: 'tcp.refused: WebTransport over HTTP/2 where nothing listens',
    expect: { cause: 'tcp.refused', exit: 3, withinMs: 1000, hint: ['port'] },
    start: async () => ({ url: `https://127.0.0.1:${await freePort()}/`, args: H2 }),
  },
  {
    name: 'tcp.timeout: SYNs that nobody answers',
    expect: { cause: 'tcp.timeout', exit: 6, withinMs: 4000, hint: ['firewall'] },
    async start(lab) {
      const hole = await blackhole();
      lab.defer(() => hole.close());
      return { url: `https://127.0.0.1:${hole.port}/`, args: H2 };
    },
  },
  {
    name: 'network.unreachable: IPv6 from a machine without it',
    expect: { cause: 'network.unreachable', exit: 3, withinMs: 1500, hint: ['address family'] },
    async start() {
      const all = Object.values(networkInterfaces()).flat();
      if (all.some((one) => one?.family === 'IPv6' && !one.internal && !one.address.startsWith('fe80'))) {
        throw new Unavailable('this machine has IPv6');
      }
      return { url: 'moqt://[2001:db8::1]:4443/' };
    },
  },
  {
    name: 'network.bind: an address that this machine does not have',
    expect: { cause: 'network.bind', exit: 10, withinMs: 1000, message: ['203.0.113.9'], hint: ['--bind'] },
    start: async (lab) => lab.relay({ args: ['--bind', '203.0.113.9'] }),
  },
  {
    name: 'network.bind: the same over HTTP/2',
    expect: { cause: 'network.bind', exit: 10, withinMs: 1000, message: ['203.0.113.9'], hint: ['--bind'] },
    start: async (lab) =>
      lab.relay({ scheme: 'https', args: ['--transport', 'webtransport-h2', '--bind', '203.0.113.9'] }),
  },
  {
    name: 'network.unreachable: IPv6 alone wanted of an IPv4 address',
    expect: { cause: 'network.unreachable', exit: 3, withinMs: 1000, hint: ['IPv4'] },
    start: async (lab) => lab.relay({ args: ['-6'] }),
  },
];
