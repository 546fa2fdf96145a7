import { connectWebTransport } from '../support/webtransport-over-quic.js';
import { transportCompliance } from './compliance.js';

transportCompliance('WebTransport on QUIC', {
  maxStreamCode: 2n ** 32n - 1n,
  maxCloseCode: 2n ** 32n - 1n,
  uniDelivery: 'acknowledged',
  everyStopArrives: false,
  // HTTP/3's control stream, or the CONNECT stream.
  reservedStreams: 1,
  // What QUIC queues in this process, and the first piece of a stream, which is read to see whose it is.
  sendBuffer: 1024 * 1024,
  connect: (limits = {}) => connectWebTransport({ client: limits.client ?? {}, server: limits.server ?? {} }),
});
