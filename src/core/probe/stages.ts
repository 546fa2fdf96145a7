import type { ProbeStage } from '../errors/causes.js';
import type { Detail } from '../records/probe-report.js';
import type { ConnectPlan } from '../session/connect/connect-plan.js';
import type { ConnectedSession } from '../session/connect/connect-settings.js';
import { escapeText } from '../util/escape.js';
import { redactUrl } from '../util/redact.js';
import type { Observations } from './observations.js';
import type { StageLog } from './stage-log.js';

const NOT_ASKED: readonly ProbeStage[] = ['announce', 'subscribe', 'fetch', 'track-status', 'data'];
const WEBTRANSPORT_ONLY: readonly ProbeStage[] = ['http3', 'connect', 'protocol'];

/** What is skipped whatever happens, and why. */
export function skipWhatDoesNotApply(log: StageLog, plan: ConnectPlan): void {
  for (const name of NOT_ASKED) log.skip(name, 'not asked for');
  if (plan.transport === 'quic') for (const name of WEBTRANSPORT_ONLY) log.skip(name, 'raw QUIC has none');
}

/** The stages that were passed before the session was, or before it failed, from what was seen. */
export function recordPassed(log: StageLog, plan: ConnectPlan, seen: Observations): void {
  const { url } = plan;
  log.ok('url', 0, {
    scheme: url.scheme,
    host: url.host,
    port: url.port,
    path: escapeText(redactUrl(url.path), { maxLength: 300 }),
    transport: plan.transport,
  });
  const dns = seen.stages.get('dns');
  if (dns !== undefined) log.ok('dns', dns.endMs - dns.startMs, { addresses: dns.detail?.split(', ') ?? [] });
  if (plan.transport === 'webtransport-h2') recordTcp(log, plan, seen);
  else recordQuic(log, plan, seen);
  if (plan.transport !== 'quic') recordHttp(log, plan, seen);
}

function recordQuic(log: StageLog, plan: ConnectPlan, seen: Observations): void {
  const { best } = seen;
  if (best === null || best.answerMs === null) return;
  log.ok('udp', best.answerMs - best.attemptMs, { address: best.address, tried: seen.tried });
  if (best.packetMs === null) return;
  log.ok('quic', best.packetMs - best.answerMs, { version: 1, retries: best.retries });
  if (best.establishedMs === null) return;
  log.ok('tls', best.establishedMs - best.packetMs, certificateDetail(seen));
  log.ok('alpn', 0, { offered: [...alpnOffered(plan)], protocol: seen.protocol });
}

function recordTcp(log: StageLog, plan: ConnectPlan, seen: Observations): void {
  const { best } = seen;
  if (best === null || best.answerMs === null) return;
  log.ok('tcp', best.answerMs - best.attemptMs, { address: best.address, tried: seen.tried });
  if (best.establishedMs === null) return;
  log.ok('tls', best.establishedMs - best.answerMs, certificateDetail(seen));
  log.ok('alpn', 0, { offered: [...alpnOffered(plan)], protocol: seen.protocol });
}

function recordHttp(log: StageLog, plan: ConnectPlan, seen: Observations): void {
  const { best, settingsMs, response, responseMs } = seen;
  if (settingsMs === null || best === null || best.establishedMs === null) return;
  const http = plan.transport === 'webtransport-h2' ? 'http2' : 'http3';
  log.ok(http, Math.max(0, settingsMs - best.establishedMs), { settings: seen.settingsDetail });
  if (response === null || responseMs === null || response.status < 200 || response.status > 299) return;
  const path = escapeText(redactUrl(plan.url.path || '/'), { maxLength: 300 });
  log.ok('connect', Math.max(0, responseMs - settingsMs), { status: response.status, path });
  log.ok('protocol', 0, { offered: plan.protocols, protocol: header(response.headers, 'wt-protocol') });
}

/** SETUP, once a session exists. */
export function recordSetup(log: StageLog, session: ConnectedSession): void {
  const { peerSetup, connection } = session;
  const { maxRequestId, implementation } = peerSetup;
  log.ok('setup', session.setupMs, {
    draft: connection.draft,
    offered: connection.offered,
    implementation: implementation === undefined ? null : escapeText(implementation, { maxLength: 200 }),
    maxRequestId: maxRequestId === undefined ? null : maxRequestId.toString(),
    unknownOptions: (peerSetup.unknown ?? []).map(({ type }) => `0x${type.toString(16)}`),
  });
  log.addDetail('tls', { verified: connection.verified, roots: connection.roots });
}

/** What the TLS handshake offers. */
export function alpnOffered({ transport, protocols }: ConnectPlan): readonly string[] {
  if (transport === 'quic') return protocols;
  return transport === 'webtransport' ? ['h3'] : ['h2'];
}

function certificateDetail(seen: Observations): Record<string, Detail> {
  const leaf = seen.chain[0];
  return leaf === undefined
    ? {}
    : { sha256: leaf.fingerprint256.replaceAll(':', '').toLowerCase(), chainLength: seen.chain.length };
}

function header(headers: ReadonlyMap<string, string>, name: string): string | null {
  const value = headers.get(name);
  return value === undefined ? null : escapeText(value, { maxLength: 100 });
}
