import { establishSession } from '../../src/core/session/establish.js';
import type { TransportSession } from '../../src/core/transport/transport.js';
import { profileByDraft } from '../../src/core/wire/drafts/index.js';
import { connectTo, listenOn, type Pair } from './endpoints.js';
import { say, untilTold } from './process-report.js';

/** A server that holds sessions of the bare transport. */
export async function rawHost({ pair }: { readonly pair: Pair }): Promise<void> {
  const sessions: TransportSession[] = [];
  const listener = await listenOn(pair, 'moqt-18', (session) => {
    sessions.push(session);
  });
  await untilTold();
  await listener.close();
}

/** A client with many idle sessions, of the bare transport or with SETUP exchanged. */
export async function holdSessions(options: {
  readonly port: number;
  readonly count: number;
  readonly setup: boolean;
}): Promise<void> {
  const profile = profileByDraft('18');
  if (profile === undefined) throw new Error('no draft 18');
  for (let i = 0; i < options.count; i++) {
    const transport = await connectTo(options.port, profile.alpn);
    if (options.setup) {
      await establishSession('client', transport, {
        profiles: [profile],
        timeouts: { setupMs: 10_000, requestMs: 10_000, closeMs: 1000 },
      });
    }
  }
  say('holding', { count: options.count });
  await untilTold();
  process.exit(0);
}
