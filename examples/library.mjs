// A relay, a publisher and a subscriber in one process: `node examples/library.mjs` prints what arrived.
import { connect, parseFullTrackName, publish, serveRelay, subscribe } from 'moqt';

const relay = await serveRelay({ port: 0 });
const trust = { pins: [relay.certificate.sha256] };
const track = parseFullTrackName('live/room1', 'chat');

async function* messages() {
  yield ['hello', 'world'].map((text) => Buffer.from(text));
}

const [sender, receiver] = await Promise.all([connect(relay.urls[0], { trust }), connect(relay.urls[1], { trust })]);
const publisher = publish(sender, { track, source: { kind: 'records', batches: messages() } });
const subscription = await subscribe(receiver, { track, waitMs: 5_000 });
for await (const item of subscription) {
  if (item.kind === 'object' && item.payload.length > 0) console.log(Buffer.from(item.payload).toString());
}
const { delivery } = await publisher.done;
console.log(delivery);
await Promise.all([sender.close(), receiver.close()]);
await relay.close();
