import { loopbackCertificate } from './loopback.js';
import { type Finished, type Moqt, type RunOptions, start } from './moqt.js';
import type { Draft, RogueOptions, RoguePeer } from './rogue-peer.js';
import type { RogueServer } from './rogue-world.js';

/** The built binary against a rogue, which has sent nothing yet. */
export async function againstRogue(
  server: RogueServer,
  draft: Draft,
  command: readonly [name: string, ...rest: readonly string[]],
  options: RunOptions & { readonly rogue?: RogueOptions; readonly path?: string } = {},
): Promise<{ moqt: Moqt; peer: RoguePeer }> {
  const { sha256 } = await loopbackCertificate();
  const [name, ...rest] = command;
  const url = `moqt://127.0.0.1:${server.port}${options.path ?? '/'}`;
  const trust = ['--cert-sha256', Buffer.from(sha256).toString('hex'), '--draft', draft];
  const moqt = start([name, url, ...rest, ...trust], options);
  const peer = await server.accept(draft, options.rogue);
  await peer.opened();
  return { moqt, peer };
}

/** Everything that a person or a script could see. */
export function shown(result: Finished): string {
  return `${result.stdout.toString('latin1')}\n${result.stderr}`;
}
