// In Deno, with its own WebTransport: `track.mjs publish|subscribe URL SHA256` sends stdin into a track, or the track
// to stdout. Says on stderr, as one line of JSON, what it did.
import { connect, parseFullTrackName, publish, subscribe } from '../../../dist/web/moqt.js';

// Deno 2.9 sends the end of a stream only when its garbage is collected (denoland/deno#36822).
const collector = setInterval(() => globalThis.gc(), 100);

const [direction, url, sha256] = Deno.args;
const warnings = [];
const session = await connect(url, {
  serverCertificateHashes: [sha256],
  onWarning: ({ kind }) => warnings.push(kind),
});
const track = parseFullTrackName('interop/deno', direction);
const report = { draft: session.profile.draft, protocol: session.transport.protocol, warnings };

if (direction === 'publish') {
  const publisher = publish(session, { track, source: { kind: 'bytes', chunks: Deno.stdin.readable } });
  report.delivery = (await publisher.done).delivery;
} else {
  const subscription = await subscribe(session, { track, waitMs: 20_000 });
  report.objects = 0;
  const out = Deno.stdout.writable.getWriter();
  for await (const item of subscription) {
    if (item.kind !== 'object' || item.payload.length === 0) continue;
    report.objects++;
    await out.write(item.payload);
  }
}
await session.close();
report.closed = await session.closed.then(({ by, name }) => ({ by, name }));
clearInterval(collector);
console.error(JSON.stringify(report));
