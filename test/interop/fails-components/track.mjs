// With the WebTransport of @fails-components/webtransport: `track.mjs publish|subscribe URL SHA256 http2|http3` sends stdin
// into a track, or the track to stdout. Says on stderr, as one line of JSON, what it did.
import { createReadStream } from 'node:fs';
import { overWebTransport, parseFullTrackName, publish, subscribe } from '../../../dist/web/moqt.js';

const [direction, url, sha256, http] = process.argv.slice(2);
// It says on the console, late too, that its HTTP/3 addon is missing; stdout is the track's.
console.log = () => {};
console.error = () => {};
const { WebTransport, quicheLoaded } = await import('@fails-components/webtransport');
await quicheLoaded?.catch(() => {});

const LARGE_WINDOW = 16 * 1024 * 1024;
const wt = new WebTransport(url, {
  serverCertificateHashes: [{ algorithm: 'sha-256', value: Buffer.from(sha256, 'hex') }],
  protocols: ['moqt-18'],
  forceReliable: http === 'http2',
  // The windows that it begins with are too small for it to make them larger in time.
  initialStreamFlowControlWindow: LARGE_WINDOW,
  initialSessionFlowControlWindow: LARGE_WINDOW,
});
const session = await overWebTransport(wt);
const track = parseFullTrackName('interop/fails-components', direction);
const report = { draft: session.profile.draft, protocol: session.transport.protocol, reliable: wt.reliability };

if (direction === 'publish') {
  const publisher = publish(session, { track, source: { kind: 'bytes', chunks: createReadStream('', { fd: 0 }) } });
  report.delivery = (await publisher.done).delivery;
} else {
  const subscription = await subscribe(session, { track, waitMs: 20_000 });
  report.objects = 0;
  for await (const item of subscription) {
    if (item.kind !== 'object' || item.payload.length === 0) continue;
    report.objects++;
    if (!process.stdout.write(item.payload)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}
await session.close();
report.closed = await session.closed.then(({ by, name }) => ({ by, name }));
process.stderr.write(`${JSON.stringify(report)}\n`);
