import { wrapWebTransport } from '../../src/core/transport/w3c/index.js';
import { fixedLimits, foreignClient, foreignServer } from '../support/fails-components.js';
import { soon } from '../support/wait.js';
import { transportCompliance } from './compliance.js';
import type { BrokenCase } from './harness.js';

/** What version 1.6.8 does, read in its source. */
const FOREIGN_RECEIVER_AND_SENDER: readonly BrokenCase[] = [
  {
    name: /carries the code 4294967295n to (a waiting reader|the writer)/,
    reason: 'it cuts the codes of streams to 255',
  },
  {
    name: /bounds a writer whose reader stands still|of one stream does not hold up another|fails everything under way/,
    reason: 'it takes in and grants anew whatever arrives on a stream, read or not: there is no backpressure',
  },
  {
    name: 'reset > of one direction leaves the other alone',
    reason: 'it forgets both directions of a stream when it resets one of them',
  },
  {
    name: 'makes openBidi wait until both directions are over',
    reason: 'it gives the credit of a bidirectional stream back after a reset or stop only, not after two FINs',
  },
  {
    name: /the server acts > (stream data > carries both directions|stop > of one direction)/,
    reason:
      "on stream 0, which is the server's first, it drops what does not arrive together with the capsule's header",
  },
];

transportCompliance('the W3C interface of @fails-components/webtransport', {
  maxStreamCode: 2n ** 32n - 1n,
  maxCloseCode: 2n ** 32n - 1n,
  uniDelivery: 'handed-over',
  everyStopArrives: true,
  reservedStreams: 0,
  // Chunks of 64 KiB in the library's queue, and what HTTP/2 takes.
  sendBuffer: 1024 * 1024,
  opensAtOnce: false,
  countsPackets: false,
  broken: FOREIGN_RECEIVER_AND_SENDER,
  connect: async (limits = {}) => {
    const listener = await foreignServer(fixedLimits(limits.server));
    const accepted = listener.accept();
    const wt = await foreignClient(listener.url, listener.sha256, fixedLimits(limits.client));
    const client = await soon(wrapWebTransport(wt), 'the client');
    const server = await soon(
      accepted.then((session) => wrapWebTransport(session, { role: 'server', protocol: 'moqt-18' })),
      'the server',
    );
    return {
      client,
      server,
      dispose: async () => {
        await Promise.all([client.close(0n, '', 500), server.close(0n, '', 500)]);
        listener.close();
      },
    };
  },
});
