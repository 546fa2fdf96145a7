import type { ConnectPlan } from '../../session/connect/connect-plan.js';
import type { NetworkSettings } from '../../session/connect/connect-settings.js';
import { resolveHost } from '../../transport/resolve-host.js';
import { settlesWithin } from '../../util/timeout.js';
import { BASE_SIZE } from './full-size-packet.js';
import { VersionPinger } from './version-pinger.js';

/** Where a QUIC server answers in the other address family. */
export interface OtherFamily {
  readonly family: 4 | 6;
  /** Null when the host has no address of it. */
  readonly address: string | null;
  readonly answers: boolean;
}

/** Asks the first address of the family that the settings leave out. `limitMs` in all. */
export async function otherFamily(
  { url }: ConnectPlan,
  network: NetworkSettings,
  family: 4 | 6,
  limitMs: number,
): Promise<OtherFamily> {
  const start = performance.now();
  try {
    const [address] = await resolveHost(url, { resolve: network.resolve, family }, limitMs);
    if (address === undefined) return { family, address: null, answers: false };
    const pinger = await VersionPinger.open(address, url.port, undefined);
    try {
      const left = Math.max(1, limitMs - (performance.now() - start));
      return { family, address, answers: await settlesWithin(pinger.ping(BASE_SIZE), left) };
    } finally {
      pinger.close();
    }
  } catch {
    // The name has no address of that family, this machine has none, or there is no route.
    return { family, address: null, answers: false };
  }
}
