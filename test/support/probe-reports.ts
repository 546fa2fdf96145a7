import { type ProbeStage, QUIC_STAGES } from '../../src/core/errors/causes.js';
import type { ProbeMatrix, ProbeReport, RoundtripFacts, StageReport } from '../../src/core/records/probe-report.js';

/** What a hostile peer would like a page, a log or a document to hold. */
export const HOSTILE = '</script><img src=x onerror=alert(1)>\u001b[31m"\'&]]>|=\n\u202eend\ufffe\ud800';

const TIMES: Partial<Record<ProbeStage, readonly [number, StageReport['detail']]>> = {
  url: [0.02, { host: 'relay.example', port: 443, path: '/moq' }],
  dns: [1.84, { addresses: ['192.0.2.7', '2001:db8::7'] }],
  udp: [6.2, { address: '192.0.2.7' }],
  quic: [0.31, { version: 1, retries: 0 }],
  tls: [4.9, { sha256: 'ab'.repeat(32), chainLength: 2, verified: 'chain' }],
  alpn: [0, { offered: ['h3'], protocol: 'h3' }],
  http3: [2.2, { settings: {} }],
  connect: [6.6, { status: 200, path: '/moq' }],
  protocol: [0, { protocol: 'moqt-18' }],
  setup: [6.4, { draft: '18', implementation: 'moqt/0.1.0' }],
};

function stages(failedAt?: ProbeStage, extra: Partial<StageReport> = {}): StageReport[] {
  const last = failedAt === undefined ? Number.POSITIVE_INFINITY : QUIC_STAGES.indexOf(failedAt as never);
  return QUIC_STAGES.map((name, i): StageReport => {
    const known = TIMES[name];
    if (i > last) return { name, status: 'skipped', durationMs: 0, detail: { reason: 'not reached' } };
    if (i === last) return { name, status: 'failed', durationMs: 12.5, detail: {}, ...extra };
    if (known === undefined) return { name, status: 'skipped', durationMs: 0, detail: { reason: 'not asked for' } };
    return { name, status: 'ok', durationMs: known[0], detail: known[1] };
  });
}

export const okReport: ProbeReport = {
  schema: 'moqt-probe/1',
  url: 'https://relay.example/moq',
  ok: true,
  exitCode: 0,
  durationMs: 28.9,
  stages: stages(),
  warnings: [],
  startedAt: '2026-03-01T12:00:00.000Z',
  transport: 'webtransport',
  draft: '18',
  implementation: 'moqt/0.1.0',
  rttMs: 6.1,
  certificate: {
    sha256: 'ab'.repeat(32),
    subject: 'CN=relay.example',
    issuer: "CN=R11, O=Let's Encrypt, C=US",
    names: ['relay.example', '*.relay.example'],
    notBefore: '2026-01-20T00:00:00.000Z',
    notAfter: '2026-04-20T00:00:00.000Z',
    chainLength: 2,
    pinnable: false,
    notPinnableBecause: ['it is valid for 90 days, browsers take 14'],
  },
  roundtrip: null,
  thresholds: [],
  experiments: [],
};

/** A report that failed at a stage. */
export function failedReport(
  stage: ProbeStage,
  failure: Required<Pick<ProbeReport, 'cause' | 'message' | 'hint' | 'exitCode'>>,
  extra: Partial<ProbeReport> = {},
): ProbeReport {
  const { cause, message, hint } = failure;
  return {
    ...okReport,
    ok: false,
    ...failure,
    stages: stages(stage, { cause, message, hint, durationMs: extra.durationMs ?? 12.5 }),
    draft: null,
    implementation: null,
    rttMs: null,
    certificate: null,
    ...extra,
  };
}

export const silentReport = failedReport(
  'udp',
  {
    cause: 'udp.no-answer',
    message: 'not one packet came back from 192.0.2.9:443 within 5 s, but TCP on the same port answers',
    hint: 'UDP is blocked on the way, or the server speaks TCP only: open UDP 443 in the firewall, or try --transport webtransport-h2',
    exitCode: 6,
  },
  {
    url: 'https://blocked.example/',
    durationMs: 5002,
    experiments: [
      { name: 'tcp', outcome: 'connected to 192.0.2.9:443', ok: true, durationMs: 7.2 },
      { name: 'ipv6', outcome: 'the name has no IPv6 address', ok: false, durationMs: 0.4 },
      { name: 'http2', outcome: 'TLS and SETTINGS with WebTransport', ok: true, durationMs: 31 },
    ],
  },
);

export const expiredReport = failedReport(
  'tls',
  {
    cause: 'tls.expired',
    message: 'the certificate of CN=old.example expired on 2026-02-24, 5 days ago',
    hint: 'renew the certificate of the server; the local clock says 2026-03-01',
    exitCode: 4,
  },
  {
    url: 'moqt://old.example:4443',
    transport: 'quic',
    certificate: {
      ...(okReport.certificate as NonNullable<ProbeReport['certificate']>),
      subject: 'CN=old.example',
      names: ['old.example'],
      notBefore: '2026-02-11T00:00:00.000Z',
      notAfter: '2026-02-24T00:00:00.000Z',
      chainLength: 1,
      pinnable: true,
      notPinnableBecause: [],
    },
  },
);

export const roundtrip: RoundtripFacts = {
  sent: 1000,
  received: 997,
  lost: 3,
  duplicated: 0,
  reordered: 2,
  corrupted: 0,
  partial: 0,
  groups: 10,
  objectBytes: 1200,
  rate: 200,
  goodputBps: 1_914_240,
  latencyMs: {
    min: 6.21,
    p50: 7.84,
    p90: 12.9,
    p99: 27.5,
    max: 61.3,
    mean: 9.02,
    histogram: [
      [6.25, 2],
      [6.5, 19],
      [7, 120],
      [7.5, 260],
      [8, 228],
      [9, 150],
      [10, 81],
      [12, 52],
      [14, 31],
      [16, 18],
      [20, 14],
      [25, 9],
      [32, 7],
      [40, 3],
      [50, 1],
      [64, 2],
    ].map(([upTo, count]) => ({ upTo: upTo as number, count: count as number })),
  },
};

export const roundtripReport: ProbeReport = {
  ...okReport,
  url: 'moqt://127.0.0.1:4443',
  name: 'lab relay',
  transport: 'quic',
  durationMs: 5060,
  roundtrip,
  stages: okReport.stages.map((stage): StageReport => {
    if (['http3', 'connect', 'protocol'].includes(stage.name))
      return { ...stage, status: 'skipped', durationMs: 0, detail: { reason: 'raw QUIC has none' } };
    const asked = ({ announce: 1.4, subscribe: 2.1, data: 5010 } as Record<string, number>)[stage.name];
    return asked === undefined ? stage : { ...stage, status: 'ok', durationMs: asked, detail: {} };
  }),
  thresholds: [
    { name: 'rtt', value: 6.1, warning: 5, critical: 50, state: 'warning' },
    { name: 'loss', value: 0.003, warning: 0.01, critical: 0.05, state: 'ok' },
    { name: 'cert-expiry', value: 4_320_000, warning: 604_800, critical: 172_800, state: 'ok' },
  ],
  warnings: [
    {
      cause: 'tls.not-pinnable',
      message: 'browsers cannot pin this certificate: it is valid for 90 days',
      hint: 'make one with moqt certs generate: ECDSA P-256, at most 14 days',
    },
  ],
};

export const matrix: ProbeMatrix = {
  schema: 'moqt-matrix/1',
  url: 'moqt://relay.example:4443',
  cells: [
    { draft: '18', transport: 'quic', ok: true, cause: null, durationMs: 12.1 },
    { draft: '18', transport: 'webtransport', ok: true, cause: null, durationMs: 24.9 },
    { draft: '18', transport: 'webtransport-h2', ok: false, cause: 'tcp.refused', durationMs: 0.6 },
    { draft: '16', transport: 'quic', ok: true, cause: null, durationMs: 11.4 },
    { draft: '16', transport: 'webtransport', ok: false, cause: 'protocol.mismatch', durationMs: 22.6 },
    { draft: '16', transport: 'webtransport-h2', ok: false, cause: 'tcp.refused', durationMs: 0.5 },
    { draft: '14', transport: 'quic', ok: false, cause: 'alpn.none', durationMs: 6.6 },
    { draft: '14', transport: 'webtransport', ok: true, cause: null, durationMs: 25.3 },
    { draft: '14', transport: 'webtransport-h2', ok: false, cause: 'tcp.refused', durationMs: 0.5 },
  ],
  fingerprint: {
    seenOn: { draft: '18', transport: 'quic' },
    setup: {
      implementation: null,
      maxRequestId: null,
      maxAuthTokenCacheSize: null,
      unknownOptions: [{ type: '0x40b5a', value: '1' }],
    },
    http3Settings: { '0x33': 1, '0x8': 1, '0x6': 16_384, '0x999': 7 },
    transportParameters: { max_idle_timeout: 10_000, initial_max_data: '2^62-1', disable_active_migration: false },
    limits: {
      uniStreams: 1000,
      bidiStreams: 100,
      maxDatagramSize: 1200,
      maxRequestId: { '16': '100' },
      idleTimeoutMs: 30_000,
    },
    implementation: {
      declared: null,
      server: 'relay/1',
      guess: 'mediamtx',
      because: 'ends the session with code 0 and no reason at PUBLISH_NAMESPACE',
      quic: 'quic-go',
      quicBecause: 'its initial_max_data, max_ack_delay',
    },
    quirks: [
      {
        cause: 'relay.quirk.closes-on-unknown-request',
        message: 'the relay ends the whole session, with code 0 and no reason, instead of refusing PUBLISH_NAMESPACE',
        hint: 'publish with PUBLISH instead of PUBLISH_NAMESPACE',
      },
    ],
    behaviour: {
      publishNamespace: { answer: 'closed', code: '0x0', name: 'NO_ERROR', reason: '', ms: 2 },
      subscribeNamespace: { answer: 'invalid', code: '0x3', name: 'PROTOCOL_VIOLATION', reason: 'too long', ms: 2 },
      publish: { answer: 'accepted', code: null, name: null, reason: null, ms: 3 },
      blindSubscribe: { answer: 'none', code: null, name: null, reason: null, ms: 1000 },
      fetch: { answer: 'refused', code: '0x10', name: 'DOES_NOT_EXIST', reason: 'nobody has it', ms: 4 },
      trackStatus: { answer: 'untried', code: null, name: null, reason: 'no session', ms: 0 },
      publishedTrack: {
        via: 'PUBLISH',
        subscribe: { answer: 'accepted', code: null, name: null, reason: null, ms: 5 },
        objectArrived: true,
        fetch: { answer: 'none', code: null, name: null, reason: null, ms: 1000 },
        fetchedObjects: 0,
        trackStatus: { answer: 'untried', code: null, name: null, reason: 'no session', ms: 0 },
      },
      answersFetch: false,
      servesFetch: false,
      answersTrackStatus: null,
      forwardsObjects: true,
      acceptsPublish: true,
      blindSubscribeAllowed: 'held',
      replaysAnnouncements: null,
    },
    earlyData: { resumed: true, accepted: false, why: 'the tickets of the server allow no 0-RTT' },
    migration: { allowed: false, survived: null, why: 'the server forbids it (disable_active_migration)' },
    webtransportPath: { anyPathAccepted: false, answer: 'the peer answered 404', namesScopedByPath: null },
  },
};

/** Everything that a peer can put into a report, hostile. */
export const hostileReport: ProbeReport = {
  ...failedReport(
    'setup',
    { cause: `relay.quirk.${HOSTILE}`, message: HOSTILE, hint: HOSTILE, exitCode: 7 },
    {
      name: HOSTILE,
      url: `https://x/${HOSTILE}`,
      implementation: HOSTILE,
      warnings: [{ cause: 'clock.skew', message: HOSTILE, hint: HOSTILE }],
      experiments: [{ name: HOSTILE, outcome: HOSTILE, ok: false, durationMs: 1 }],
      certificate: {
        ...(okReport.certificate as NonNullable<ProbeReport['certificate']>),
        subject: HOSTILE,
        issuer: HOSTILE,
        names: [HOSTILE],
        notPinnableBecause: [HOSTILE],
      },
    },
  ),
};
