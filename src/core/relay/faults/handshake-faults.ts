import { createCipheriv, randomBytes } from 'node:crypto';
import { refusalPacket } from '../../transport/quic/server/refusal-packet.js';
import type { PacketFilter } from '../../transport/transport.js';
import { offeredProtocols } from './client-hello.js';
import type { Fault } from './fault.js';

/** The connection IDs of a long header, and what follows them. */
interface LongHeader {
  readonly version: number;
  /** 0 Initial, 1 0-RTT, 2 Handshake, 3 Retry, where the version is 1. */
  readonly type: number;
  readonly dcid: Buffer;
  readonly scid: Buffer;
  readonly bodyAt: number;
}

const INITIAL = 0;
const TLS_ALERT_BASE = 0x100;

/** RFC 9000 §17.2; null for anything else. */
function longHeader(packet: Uint8Array): LongHeader | null {
  const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
  const first = bytes[0];
  if (first === undefined || (first & 0xc0) !== 0xc0 || bytes.length < 7) return null;
  const dcidAt = 6;
  const dcid = bytes.subarray(dcidAt, dcidAt + (bytes[5] as number));
  const scidAt = dcidAt + dcid.length + 1;
  const scid = bytes.subarray(scidAt, scidAt + (bytes[scidAt - 1] ?? 0));
  return { version: bytes.readUInt32BE(1), type: (first >> 4) & 3, dcid, scid, bodyAt: scidAt + scid.length };
}

/** Answers every Initial itself; what is not a handshake is lost. */
function instead(answer: (header: LongHeader) => Uint8Array): Fault {
  const packets: PacketFilter = {
    incoming(packet, _next, reply) {
      const header = longHeader(packet);
      if (header?.type === INITIAL) reply(answer(header));
    },
    outgoing: () => {},
  };
  return { packets };
}

/** Version Negotiation (RFC 9000 §17.2.1), whatever the client speaks. */
export function versionNegotiation(versions: readonly number[]): Fault {
  return instead(({ dcid, scid }) => {
    const list = Buffer.alloc(4 * versions.length);
    versions.forEach((version, i) => {
      list.writeUInt32BE(version, 4 * i);
    });
    return Buffer.concat([
      Buffer.from([0x80 | (randomBytes(1)[0] as number), 0, 0, 0, 0]),
      Buffer.from([scid.length]),
      scid,
      Buffer.from([dcid.length]),
      dcid,
      list,
    ]);
  });
}

/** Retry (RFC 9000 §17.2.5) to every Initial, also to one that shows a token. */
export function retryLoop(): Fault {
  return instead(({ version, dcid, scid }) => {
    const head = Buffer.alloc(5);
    head[0] = 0xf0;
    head.writeUInt32BE(version, 1);
    const newId = randomBytes(16);
    const packet = Buffer.concat([
      head,
      Buffer.from([scid.length]),
      scid,
      Buffer.from([newId.length]),
      newId,
      randomBytes(32),
    ]);
    return Buffer.concat([packet, retryTag(dcid, packet)]);
  });
}

/** RFC 9001 §5.8, with the key and nonce of version 1. */
function retryTag(originalId: Uint8Array, packet: Uint8Array): Buffer {
  const key = Buffer.from('be0c690b9f66575a1d766b54e368c84e', 'hex');
  const nonce = Buffer.from('461599d35d632bf2239825bb', 'hex');
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  cipher.setAAD(Buffer.concat([Buffer.from([originalId.length]), originalId, packet]));
  cipher.final();
  return cipher.getAuthTag();
}

/** CONNECTION_CLOSE with a transport error code as the only answer. */
export function quicClose(code: number, reason: string): Fault {
  return instead(({ dcid, scid }) => refusalPacket({ dcid, scid, code, reason }));
}

/** A TLS alert (RFC 8446 §6) as the only answer. */
export function alert(number: number): Fault {
  return quicClose(TLS_ALERT_BASE + number, '');
}

/** Alert 120, no_application_protocol, to clients that do not offer `protocol` first, wherever else in their list it is. */
export function firstProtocolOnly(protocol: string): Fault {
  const NO_APPLICATION_PROTOCOL = 120;
  return {
    packets: {
      incoming(packet, next, reply) {
        const header = longHeader(packet);
        const offered = header?.type === INITIAL ? offeredProtocols(packet, header) : null;
        if (header === null || offered === null || offered[0] === protocol) {
          next(packet);
          return;
        }
        const { dcid, scid } = header;
        reply(refusalPacket({ dcid, scid, code: TLS_ALERT_BASE + NO_APPLICATION_PROTOCOL, reason: '' }));
      },
      outgoing: (packet, next) => next(packet),
    },
  };
}

/** Of the server's packets only the Initial ones leave, so that a handshake begins and never ends. */
export function stuckHandshake(): Fault {
  return {
    packets: {
      incoming: (packet, next) => next(packet),
      outgoing(packet, next) {
        const header = longHeader(packet);
        if (header?.type === INITIAL) next(firstPacket(packet, header));
      },
    },
  };
}

/** Without the packets that are coalesced behind the first (RFC 9000 §12.2). */
function firstPacket(packet: Uint8Array, { bodyAt }: LongHeader): Uint8Array {
  const token = varintAt(packet, bodyAt);
  const length = varintAt(packet, token.end + token.value);
  return packet.subarray(0, length.end + length.value);
}

function varintAt(packet: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  const first = packet[at] ?? 0;
  const size = 1 << (first >> 6);
  let value = first & 0x3f;
  for (let i = 1; i < size; i++) value = value * 256 + (packet[at + i] ?? 0);
  return { value, end: at + size };
}

/** Every packet comes back as it was. */
export function udpEcho(): Fault {
  return { packets: { incoming: (packet, _next, reply) => reply(packet), outgoing: () => {} } };
}

/** Every packet is answered with bytes that mean nothing. */
export function udpGarbage(random: () => number): Fault {
  return {
    packets: {
      incoming: (_packet, _next, reply) => reply(Uint8Array.from({ length: 64 }, () => random() * 256)),
      outgoing: () => {},
    },
  };
}

/** Alert 116, certificate_required, to clients that have shown none. */
export function clientCertificate(): Fault {
  const CERTIFICATE_REQUIRED = 116;
  return {
    wrapConnection(connection) {
      if (connection.peerCertificates().length === 0) connection.abort?.(TLS_ALERT_BASE + CERTIFICATE_REQUIRED);
      return connection;
    },
  };
}
