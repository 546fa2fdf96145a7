import { Pacer } from '../../publisher/pacer.js';
import type { OutgoingSubgroup, Publication } from '../../session/session.js';
import { systemClock } from '../../util/clock.js';
import { withSignal } from '../../util/timeout.js';
import { stampedPayload } from './payload.js';
import type { Tally, TallyPlan } from './tally.js';

/** A pace kept by timers is late by up to this; what is due within it is sent at once. */
const TIMER_GRAIN_MS = 1;

/** Sends the objects of a round trip at their pace; resolves once all are handed to the transport. */
export async function sendObjects(
  publication: Publication,
  plan: TallyPlan & { readonly forwarding: 'subgroup' | 'datagram' },
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const pacer = new Pacer({ objectsPerSecond: plan.rate });
  let stream: OutgoingSubgroup | null = null;
  try {
    for (let sequence = 0; sequence < plan.objects; sequence++) {
      const wait = pacer.delay(systemClock.now(), plan.objectBytes);
      if (wait > TIMER_GRAIN_MS) await sleep(wait, signal);
      signal.throwIfAborted();
      const group = BigInt(Math.floor(sequence / plan.groupEvery));
      const object = BigInt(sequence % plan.groupEvery);
      const isLast = object === BigInt(plan.groupEvery - 1) || sequence === plan.objects - 1;
      if (plan.forwarding === 'datagram') {
        const payload = stamp(sequence, plan, tally);
        publication.sendDatagram({ group, object, payload, endOfGroup: isLast });
        continue;
      }
      stream ??= await publication.openSubgroup(
        { group, subgroup: 0n, hasProperties: false, endOfGroup: true, firstObject: true },
        { signal },
      );
      await withSignal(stream.writeObject({ object }, stamp(sequence, plan, tally)) ?? Promise.resolve(), signal);
      if (!isLast) continue;
      stream.end();
      stream = null;
    }
  } finally {
    stream?.reset('CANCELLED');
  }
}

/** The payload of an object that goes out now. */
function stamp(sequence: number, { objectBytes }: TallyPlan, tally: Tally): Uint8Array {
  const sentMs = performance.now();
  tally.onSent(sentMs);
  return stampedPayload({ sequence, sentMs }, objectBytes);
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: { cancel(): void } | null = null;
  const slept = new Promise<void>((resolve) => {
    timer = systemClock.after(ms, resolve);
  });
  try {
    await withSignal(slept, signal);
  } finally {
    (timer as { cancel(): void } | null)?.cancel();
  }
}
