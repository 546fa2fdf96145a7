import { connectOverTcp } from '../support/webtransport-over-tcp.js';
import { transportCompliance } from './compliance.js';

for (const host of ['127.0.0.1', '::1']) {
  transportCompliance(`WebTransport over HTTP/2 and TCP on ${host}`, {
    maxStreamCode: 2n ** 32n - 1n,
    maxCloseCode: 2n ** 32n - 1n,
    uniDelivery: 'handed-over',
    everyStopArrives: true,
    reservedStreams: 0,
    // What waits in this process for HTTP/2's window, and what the system's sockets hold.
    sendBuffer: 1024 * 1024,
    connect: ({ client = {}, server = {} } = {}) => connectOverTcp({ client, server: { host, ...server } }),
  });
}
