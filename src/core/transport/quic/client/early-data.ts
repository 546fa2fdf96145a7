import { systemClock } from '../../../util/clock.js';
import type { EarlyDataTrial } from '../../transport.js';
import type { QuicConnection } from '../connection.js';
import { Attempt, type AttemptSetup } from './attempt.js';

/** How long a ticket or an acknowledgement may take beyond the round-trip time, ms: servers send tickets when it suits them. */
const PATIENCE_MS = 500;
const LOOK_MS = 5;
/** After so many looks without an acknowledgement another packet asks for one. */
const LOOKS_PER_PING = 10;

/**
 * Resumes the session of `connection` in a second connection and tries 0-RTT there: `setup` is that of the first one, with
 * settings that allow it. The ticket is forgotten with this call. Rejects with MoqtError when the second handshake fails.
 */
export async function tryEarlyData(connection: QuicConnection, setup: AttemptSetup): Promise<EarlyDataTrial> {
  const patienceMs = PATIENCE_MS + 3 * (connection.rtt.smoothedMs ?? 0);
  await eventually(() => connection.native.session() !== null || !connection.isOpen, patienceMs);
  const ticket = connection.isOpen ? connection.native.session() : null;
  if (ticket === null) return { ticket: false, resumed: false, offered: false, accepted: false };
  const { observer: _, keylogFile: __, ...options } = setup.options;
  const resume = { ...setup, options, ticket };
  const trial = await tryOnce(connection, resume, patienceMs);
  // The network may have lost the one packet; a server that refuses 0-RTT will do so again.
  return trial.offered && trial.resumed && !trial.accepted ? tryOnce(connection, resume, patienceMs) : trial;
}

async function tryOnce({ remote }: QuicConnection, setup: AttemptSetup, patienceMs: number): Promise<EarlyDataTrial> {
  const attempt = new Attempt(setup, remote.host);
  // The server closes when it likes; the attempt must not outlast the one who asked.
  const timer = systemClock.after(setup.options.connectTimeoutMs || PATIENCE_MS * 10, () => attempt.cancel());
  let second: QuicConnection;
  try {
    second = await attempt.run();
  } finally {
    timer.cancel();
  }
  try {
    const resumed = second.native.isResumed();
    const { earlyData } = second;
    const offered = earlyData?.made === true;
    if (offered) {
      let looks = 0;
      await eventually(() => {
        if (looks++ % LOOKS_PER_PING === 0) second.ping();
        return earlyData?.accepted || !second.isOpen;
      }, patienceMs);
    }
    return { ticket: true, resumed, offered, accepted: earlyData?.accepted === true };
  } finally {
    await second.close(0n, '', 0);
  }
}

async function eventually(condition: () => boolean, ms: number): Promise<void> {
  const deadline = systemClock.now() + ms;
  while (!condition() && systemClock.now() < deadline) {
    await new Promise<void>((resolve) => systemClock.after(LOOK_MS, resolve));
  }
}
