import { describe, expect, it } from 'vitest';
import {
  type ProbeRequestFlags,
  prepareProbeRequests,
  prepareThresholds,
} from '../../../../src/cli/probe/probe-requests.js';

const FLAGS: ProbeRequestFlags = {
  ...{ 'data-timeout': 5000, roundtrip: false },
  ...{ via: 'namespace', forwarding: 'subgroup' },
};
const text = (fields: readonly Uint8Array[]): string[] => fields.map((field) => Buffer.from(field).toString());

describe('the requests of the flags of probe', () => {
  it('are none when none is asked for', () => {
    expect(prepareProbeRequests(FLAGS, [])).toBeUndefined();
  });

  it('divide namespace and track at the last slash', () => {
    const { subscribe } = prepareProbeRequests({ ...FLAGS, subscribe: 'live/a%2Fb/video%2F1' }, []) ?? {};
    expect(text(subscribe?.namespace ?? [])).toEqual(['live', 'a/b']);
    expect(text([subscribe?.name as Uint8Array])).toEqual(['video/1']);
  });

  it.each(['video', '/video', ''])('refuse %j as a track', (value) => {
    expect(() => prepareProbeRequests({ ...FLAGS, fetch: value }, [])).toThrow(/--fetch/);
  });

  it('refuse objects without room for their stamp', () => {
    expect(() => prepareProbeRequests({ ...FLAGS, roundtrip: true, 'object-size': 16 }, [])).toThrow(/--object-size/);
  });

  it('leave loss to its threshold where there is one', () => {
    const { roundtrip } = prepareProbeRequests({ ...FLAGS, roundtrip: true, 'loss-critical': 0.1 }, []) ?? {};
    expect(roundtrip?.lossHasThreshold).toBe(true);
  });
});

describe('the thresholds of the flags of probe', () => {
  it('are in the units of the report', () => {
    const flags = { 'rtt-warning': 5, 'cert-expiry-critical': 86_400_000, 'loss-warning': 0.01 };
    expect(prepareThresholds(flags)).toEqual({
      rtt: { warning: 5 },
      loss: { warning: 0.01 },
      'cert-expiry': { critical: 86_400 },
    });
  });

  it('refuse a warning that lies beyond its critical value', () => {
    expect(() => prepareThresholds({ 'rtt-warning': 10, 'rtt-critical': 5 })).toThrow(
      '--rtt-warning does not accept "10ms"',
    );
    expect(() => prepareThresholds({ 'loss-warning': 0.05, 'loss-critical': 0.01 })).toThrow('"5%"');
    expect(() => prepareThresholds({ 'cert-expiry-warning': 5, 'cert-expiry-critical': 10 })).toThrow(/cert-expiry/);
    expect(() => prepareThresholds({ 'cert-expiry-warning': 10, 'cert-expiry-critical': 5 })).not.toThrow();
    expect(() => prepareThresholds({ 'rtt-warning': 5, 'rtt-critical': 10 })).not.toThrow();
  });
});
