import { describe, expect, it } from 'vitest';
import { nagiosLine } from '../../../../src/core/render/nagios.js';

describe('nagiosLine', () => {
  it('names state, what was checked, what was found (the worst first) and the values', () => {
    const line = nagiosLine({
      state: 'critical',
      name: 'relay',
      findings: [
        { state: 'ok', text: 'TCP not served' },
        { state: 'warning', text: 'slow' },
        { state: 'critical', text: 'expired' },
      ],
      values: [
        { name: 'expiry', value: 3600, warning: 7200, critical: 1800 },
        { name: 'time', value: 0.0042 },
        { name: 'rtt', value: 1, critical: 2 },
      ],
    });
    expect(line).toBe(
      'CRITICAL relay Crit:expired Warn:slow OK:TCP not served | expiry=3600.0000s;7200.0000;1800.0000 time=0.0042s rtt=1.0000s;;2.0000',
    );
  });

  it('keeps to one line and one bar, whatever a peer has said', () => {
    const findings = [{ state: 'unknown', text: 'a|b=1;2\r\nc' }] as const;
    expect(nagiosLine({ state: 'unknown', name: 'x', findings, values: [] })).toBe('UNKNOWN x a/b=1;2 c');
  });
});
