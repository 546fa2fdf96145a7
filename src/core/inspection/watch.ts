import type {
  CertificateCarrier,
  CertificateInspection,
  CertificateReading,
  FailedReading,
  WatchEvent,
  WatchedCertificate,
} from '../records/certificate-report.js';
import type { ExpiryLimits } from './check.js';
import type { Inspector } from './inspect.js';
import type { CertificateServer } from './source.js';

/** How a server is watched. */
export interface WatchOptions {
  readonly intervalMs: number;
  readonly limits: ExpiryLimits;
  /** Ends the watch: a look that is under way is broken off, and nothing is thrown. */
  readonly signal: AbortSignal;
  /** Waits between two looks, until the time is over or the signal comes; default the system's timer. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

type Nearness = 'far' | 'warning' | 'critical' | 'expired';
const ORDER: readonly Nearness[] = ['far', 'warning', 'critical', 'expired'];

/** What is remembered of one way to the server between two looks. */
interface Memory {
  sha256: string | null;
  nearness: Nearness;
  reachable: boolean;
}

/**
 * Looks at a server again and again, and tells what changes: another certificate, an end that comes near, a server that
 * does not answer any more or answers again. Ends with the signal.
 */
export async function* watchCertificates(
  inspector: Pick<Inspector, 'lookAt'>,
  server: CertificateServer,
  options: WatchOptions,
): AsyncGenerator<WatchEvent> {
  const { intervalMs, limits, signal, sleep = pause } = options;
  const memories = new Map<CertificateCarrier, Memory>();
  // From absolute times: slow answers do not stretch the interval.
  let due = performance.now();
  while (!signal.aborted) {
    const readings = await look(inspector, server, signal);
    const at = new Date().toISOString();
    for (const reading of readings) {
      const memory = memories.get(reading.over) ?? { sha256: null, nearness: 'far', reachable: true };
      memories.set(reading.over, memory);
      yield* reading.ok ? seen(reading, memory, limits, at) : lost(reading, memory, at);
    }
    due = Math.max(due + intervalMs, performance.now());
    await sleep(due - performance.now(), signal);
  }
}

async function look(
  inspector: Pick<Inspector, 'lookAt'>,
  server: CertificateServer,
  signal: AbortSignal,
): Promise<CertificateInspection['readings']> {
  try {
    return (await inspector.lookAt(server)).readings;
  } catch (error) {
    if (signal.aborted) return [];
    throw error;
  }
}

function* seen(reading: CertificateReading, memory: Memory, limits: ExpiryLimits, at: string): Generator<WatchEvent> {
  const { over } = reading;
  const certificate = watched(reading);
  const before = memory.sha256;
  const wasReachable = memory.reachable;
  memory.sha256 = certificate.sha256;
  memory.reachable = true;
  if (before === null) yield { event: 'certificate', at, over, certificate };
  else if (before !== certificate.sha256) yield { event: 'changed', at, over, before, certificate };
  else if (!wasReachable) yield { event: 'reachable', at, over, certificate };

  const nearness = nearnessOf(certificate.remainingSeconds, limits);
  const isNew = before !== certificate.sha256;
  if (nearness !== 'far' && (isNew || ORDER.indexOf(nearness) > ORDER.indexOf(memory.nearness))) {
    yield { event: 'expiring', at, over, state: nearness, certificate };
  }
  memory.nearness = nearness;
}

function* lost({ over, cause, message }: FailedReading, memory: Memory, at: string): Generator<WatchEvent> {
  if (memory.reachable) yield { event: 'unreachable', at, over, cause, message };
  memory.reachable = false;
}

function nearnessOf(left: number, { warning, critical }: ExpiryLimits): Nearness {
  if (left < 0) return 'expired';
  if (left < critical) return 'critical';
  return left < warning ? 'warning' : 'far';
}

function watched({ chain, trusted, firstToExpire }: CertificateReading): WatchedCertificate {
  const leaf = chain[0] as CertificateReading['chain'][number];
  const { subject, issuer, sha256, notBefore } = leaf;
  const { notAfter, remainingSeconds } = firstToExpire;
  return { subject, issuer, sha256, notBefore, notAfter, remainingSeconds, trusted };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
