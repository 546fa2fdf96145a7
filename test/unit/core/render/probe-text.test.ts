import { describe, expect, it } from 'vitest';
import type { StageReport } from '../../../../src/core/records/probe-report.js';
import { probeText } from '../../../../src/core/render/probe-text.js';
import { okReport, silentReport } from '../../../support/probe-reports.js';

const plain = { verbose: false, paint: (_: string, text: string) => text };

describe('the text of a probe', () => {
  it('begins with the name of the relay where it has one', () => {
    const named = probeText({ ...okReport, name: 'lab' }, plain).split('\n')[0];
    expect(named).toBe('lab  https://relay.example/moq  (WebTransport over HTTP/3)');
    expect(probeText(okReport, plain).split('\n')[0]).toBe('https://relay.example/moq  (WebTransport over HTTP/3)');
  });

  it('ends with the verdict and what to do, and says each once', () => {
    const text = probeText(silentReport, plain);
    const lines = text.split('\n');
    expect(lines.at(-2)).toMatch(/^FAILED udp\.no-answer after .*\(exit 6\)$/);
    expect(lines.at(-1)).toBe(`  hint: ${silentReport.hint}`);
    for (const once of [silentReport.message, silentReport.hint]) expect(text.split(once as string)).toHaveLength(2);
  });

  it('keeps a hint in one line where no width is known, and within the width of a terminal', () => {
    const hint = 'pin it with --cert-sha256 or name the certificate that it was signed with, as the relay prints it';
    const report = {
      ...silentReport,
      hint,
      stages: silentReport.stages.map((one) => (one.hint ? { ...one, hint } : one)),
    };
    expect(probeText(report, plain)).toContain(`  hint: ${hint}`);
    const rows = probeText(report, { ...plain, width: 40 }).split('\n');
    const first = rows.findIndex((row) => row.startsWith('  hint: '));
    expect(rows.length - first).toBeGreaterThan(2);
    for (const row of rows.slice(first)) expect(row.length).toBeLessThanOrEqual(40);
    for (const row of rows.slice(first + 1)) expect(row).toMatch(/^ {8}\S/);
  });

  it('shows warnings of a stage with their hints', () => {
    const hint = 'look for a tunnel';
    const stages = okReport.stages.map(
      (one): StageReport =>
        one.name === 'quic'
          ? { ...one, status: 'warning', cause: 'quic.mtu', message: 'large packets vanish', hint }
          : one,
    );
    const text = probeText({ ...okReport, stages }, plain);
    expect(text).toContain('large packets vanish [quic.mtu]');
    expect(text).toContain(`    hint: ${hint}`);
  });
});
