import type { SendStream, TransportSession } from '../../transport/transport.js';
import type { Fault } from './fault.js';
import { overlay } from './overlay.js';

/** A control stream whose SETTINGS say nothing of CONNECT, datagrams and WebTransport: what a plain web server sends. */
const PLAIN_SETTINGS = Uint8Array.of(0x00, 0x04, 0x04, 0x01, 0x00, 0x07, 0x00);

/** Changes HTTP/3 connections, and leaves raw QUIC alone. */
function http3(change: (connection: TransportSession) => Partial<TransportSession>): Fault {
  return {
    wrapConnection: (connection) =>
      connection.protocol === 'h3' ? overlay(connection, change(connection)) : connection,
  };
}

/** A stream whose first write is another one, or none. */
function firstWrite(stream: SendStream, instead: Uint8Array | null): SendStream {
  let isFirst = true;
  return overlay(stream, {
    write(bytes) {
      if (!isFirst) return stream.write(bytes);
      isFirst = false;
      return instead === null ? undefined : stream.write(instead);
    },
  });
}

/** A connection that waits in vain is not closed as an unused one either: the silence would have an end. */
async function stays(): Promise<void> {}

/** HTTP/3's control stream is the only one that a server opens before there are sessions. */
function controlStream(instead: Uint8Array | null): Fault {
  return http3((connection) => {
    const silent = instead === null;
    let isOpen = false;
    const change = (stream: SendStream): SendStream => {
      if (isOpen) return stream;
      isOpen = true;
      return firstWrite(stream, instead);
    };
    return {
      tryOpenUni() {
        const stream = connection.tryOpenUni();
        return stream === null ? null : change(stream);
      },
      openUni: async (options) => change(await connection.openUni(options)),
      ...(silent && { close: stays }),
    };
  });
}

/** HTTP/3 without SETTINGS. */
export function noSettings(): Fault {
  return controlStream(null);
}

/** HTTP/3 whose SETTINGS offer no WebTransport. */
export function noWebTransport(): Fault {
  return controlStream(PLAIN_SETTINGS);
}

/** CONNECT is never answered. */
export function silentConnect(): Fault {
  return http3(() => ({ onIncomingBidi: () => {}, close: stays }));
}

/** CONNECT is answered with this status. */
export function httpStatus(status: number): Fault {
  return { connect: () => ({ accept: false, status }) };
}

/** CONNECT is answered with a redirect. */
export function redirect(location: string): Fault {
  return { connect: () => ({ accept: false, status: 307, headers: [['location', location]] }) };
}

/** CONNECT is accepted without WT-Protocol. */
export function noProtocol(): Fault {
  return {
    connect(_request, next) {
      const decision = next();
      return decision.accept ? { ...decision, protocol: null } : decision;
    },
  };
}

/** CONNECT is accepted with a WT-Protocol that was not offered. */
export function wrongProtocol(name: string): Fault {
  return { connect: () => ({ accept: true, protocol: null, headers: [['wt-protocol', JSON.stringify(name)]] }) };
}
