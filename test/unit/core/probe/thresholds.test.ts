import { describe, expect, it } from 'vitest';
import { QUIC_STAGES } from '../../../../src/core/errors/causes.js';
import { applyThresholds } from '../../../../src/core/probe/thresholds.js';
import type { ProbeReport, StageReport } from '../../../../src/core/records/probe-report.js';

const NOW = Date.parse('2030-01-01T00:00:00Z');

function report(changes: Partial<ProbeReport> = {}): ProbeReport {
  return {
    ...{ schema: 'moqt-probe/1', url: 'moqt://relay.example/', ok: true, exitCode: 0, durationMs: 100 },
    stages: QUIC_STAGES.map(
      (name): StageReport => ({
        ...{ name, status: 'ok', durationMs: name === 'setup' ? 5 : 10 },
        detail: name === 'data' ? { firstObjectMs: 30 } : {},
      }),
    ),
    ...{ warnings: [], startedAt: '2030-01-01T00:00:00Z', transport: 'quic', draft: '18', implementation: null },
    rttMs: 20,
    certificate: {
      ...{ sha256: '', subject: '', issuer: '', names: [], notBefore: '', chainLength: 1, pinnable: true },
      ...{ notAfter: '2030-01-03T00:00:00Z', notPinnableBecause: [] },
    },
    roundtrip: {
      ...{ sent: 100, received: 98, lost: 1, duplicated: 0, reordered: 0, corrupted: 0, partial: 1, groups: 10 },
      ...{
        objectBytes: 100,
        rate: 100,
        goodputBps: 1,
        latencyMs: { p99: 50, min: 1, p50: 2, p90: 3, max: 60, mean: 4, histogram: [] },
      },
    },
    ...{ thresholds: [], experiments: [] },
    ...changes,
  };
}

describe('thresholds', () => {
  it.each([
    ['connect', 89, 'alpn'],
    ['rtt', 19, 'quic'],
    ['first-object', 29, 'data'],
    ['latency', 49, 'data'],
    ['loss', 0.019, 'data'],
    ['cert-expiry', 3 * 86_400, 'tls'],
  ] as const)('fail the probe when %s is beyond its critical value', (name, critical, stage) => {
    const judged = applyThresholds(report(), { [name]: { critical } }, NOW);
    expect(judged).toMatchObject({ ok: false, cause: `threshold.${name}`, exitCode: 1 });
    expect(judged.stages.find(({ status }) => status === 'failed')).toMatchObject({ name: stage });
    expect(judged.message).toContain(`--${name}-critical`);
    expect(judged.thresholds).toMatchObject([{ name, state: 'critical', critical }]);
  });

  it('let pass what is at its limit or within', () => {
    const limits = { rtt: { critical: 20 }, loss: { critical: 0.02 }, 'cert-expiry': { critical: 2 * 86_400 } };
    const judged = applyThresholds(report(), limits, NOW);
    expect(judged).toMatchObject({ ok: true, exitCode: 0, warnings: [] });
    expect(judged.thresholds.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
  });

  it('warn of what is beyond a warning value, and fail nothing', () => {
    const judged = applyThresholds(report(), { rtt: { warning: 10, critical: 30 } }, NOW);
    expect(judged).toMatchObject({ ok: true, exitCode: 0, warnings: [{ cause: 'threshold.rtt' }] });
    expect(judged.stages.find(({ name }) => name === 'quic')?.status).toBe('warning');
  });

  it('are unknown for what was not measured', () => {
    const judged = applyThresholds(report({ roundtrip: null }), { latency: { critical: 1 } }, NOW);
    expect(judged).toMatchObject({ ok: true, thresholds: [{ value: null, state: 'unknown' }] });
  });

  it('keep the cause of a probe that failed by itself', () => {
    const failed = report({ ok: false, cause: 'data.corrupt', exitCode: 1 });
    const judged = applyThresholds(failed, { rtt: { critical: 1 } }, NOW);
    expect(judged).toMatchObject({ cause: 'data.corrupt', thresholds: [{ state: 'critical' }] });
    expect(judged.stages).toEqual(failed.stages);
  });
});
