import type {
  CertificateCheck,
  CertificateReading,
  CheckFinding,
  CheckState,
  FailedReading,
} from '../records/certificate-report.js';
import { inParallel } from '../util/in-parallel.js';
import { timeLeft } from '../util/time-left.js';
import type { Inspector } from './inspect.js';
import type { CertificateServer } from './source.js';

/** Time left below which a certificate is worth a warning, or is critical; seconds. */
export interface ExpiryLimits {
  readonly warning: number;
  readonly critical: number;
}

/** Handshakes at the same time. */
const CONCURRENCY = 16;
const SEVERITY: readonly CheckState[] = ['ok', 'warning', 'critical'];
/** A server without TLS on TCP: nothing to check there. */
const NO_TCP = new Set(['tcp.refused', 'tcp.timeout', 'network.unreachable']);

/** The worst of the states; of none it is `ok`. */
export function worstState(states: Iterable<CheckState>): CheckState {
  let worst = 0;
  for (const state of states) worst = Math.max(worst, SEVERITY.indexOf(state));
  return SEVERITY[worst] as CheckState;
}

/** Checks servers, many at once; the results are in their order. What a server does wrong is a result, never an error. */
export function checkCertificates(
  inspector: Pick<Inspector, 'lookAt'>,
  servers: readonly CertificateServer[],
  limits: ExpiryLimits,
): Promise<CertificateCheck[]> {
  return inParallel(servers, CONCURRENCY, (server) => checkServer(inspector, server, limits));
}

async function checkServer(
  inspector: Pick<Inspector, 'lookAt'>,
  server: CertificateServer,
  limits: ExpiryLimits,
): Promise<CertificateCheck> {
  const start = performance.now();
  const { readings, comparison } = await inspector.lookAt(server);
  const seen = readings.filter((reading) => reading.ok);
  const findings = readings.flatMap((reading) =>
    reading.ok ? judged(reading, limits) : unread(reading, seen.length > 0),
  );
  if (comparison === 'different') {
    findings.push({ state: 'ok', over: 'tcp', cause: null, message: 'HTTP/3 and TCP have different certificates' });
  }
  const ends = seen.map(({ firstToExpire }) => firstToExpire).sort((a, b) => a.remainingSeconds - b.remainingSeconds);
  return {
    url: server.shown,
    state: worstState(findings.map(({ state }) => state)),
    findings,
    expirySeconds: ends[0]?.remainingSeconds ?? null,
    notAfter: ends[0]?.notAfter ?? null,
    sha256: seen[0]?.pin.hex ?? null,
    durationMs: performance.now() - start,
    ...limits,
  };
}

function judged(reading: CertificateReading, limits: ExpiryLimits): CheckFinding[] {
  const { over, firstToExpire, verdicts, trusted } = reading;
  const [verdict] = verdicts;
  const left = firstToExpire.remainingSeconds;
  const isLeaf = firstToExpire.subject === reading.chain[0]?.subject;
  const which = isLeaf ? '' : `${firstToExpire.subject} `;
  if (trusted === false && verdict !== undefined) {
    return [{ state: 'critical', over, cause: verdict.cause, message: verdict.message ?? 'not trusted' }];
  }
  if (left < 0) {
    return [{ state: 'critical', over, cause: 'tls.expired', message: `${which}expired on ${firstToExpire.notAfter}` }];
  }
  const state = left < limits.critical ? 'critical' : left < limits.warning ? 'warning' : 'ok';
  const cause = state === 'ok' ? null : 'threshold.cert-expiry';
  return [{ state, over, cause, message: `${which}expires in ${timeLeft(left)} on ${firstToExpire.notAfter}` }];
}

/** Where another way was read: whoever wants HTTP/3 gets it no more, and TCP need not be served. */
function unread({ over, cause, message }: FailedReading, isOtherRead: boolean): CheckFinding[] {
  if (!isOtherRead) return [{ state: 'critical', over, cause, message }];
  if (over === 'tcp' && NO_TCP.has(cause)) return [{ state: 'ok', over, cause: null, message: 'not served' }];
  return [{ state: 'warning', over, cause, message }];
}
