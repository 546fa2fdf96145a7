import { describe, expect, it } from 'vitest';
import { QUIC_STAGES } from '../../../../src/core/errors/causes.js';
import { MoqtError } from '../../../../src/core/errors/moqt-error.js';
import type { ProbeReport } from '../../../../src/core/records/probe-report.js';
import { embedJson, escapeMarkup, markup } from '../../../../src/core/render/markup.js';
import { unknownLine } from '../../../../src/core/render/nagios.js';
import { healthOf } from '../../../../src/core/render/probe-health.js';
import { probeHtml } from '../../../../src/core/render/probe-html.js';
import { probeJunit } from '../../../../src/core/render/probe-junit.js';
import { probeNagios } from '../../../../src/core/render/probe-nagios.js';
import { probePrometheus } from '../../../../src/core/render/probe-prometheus.js';
import { parseExposition } from '../../../support/exposition.js';
import {
  expiredReport,
  failedReport,
  HOSTILE,
  hostileReport,
  matrix,
  okReport,
  roundtripReport,
  silentReport,
} from '../../../support/probe-reports.js';
import { parseXml } from '../../../support/xml.js';

const ALL = [okReport, roundtripReport, silentReport, expiredReport, hostileReport];

/** The grammar of plug-ins' output, one line. */
const VALUE = /(?:'[^'=|]+'|[\w.-]+)=(?:U|-?\d+(?:\.\d+)?(?:s|%))(?:;(?:\d+(?:\.\d+)?)?;(?:\d+(?:\.\d+)?)?)?/.source;
const LINE = new RegExp(`^(OK|WARNING|CRITICAL|UNKNOWN) [^|\\n]+( \\| ${VALUE}( ${VALUE})*)?$`);

describe('the nagios output of a probe', () => {
  it.each(ALL.map((report, i) => [i, report] as const))(
    'follows the grammar for report %i, in one line',
    (_, report) => {
      const { text } = probeNagios([report]);
      expect(text).toMatch(LINE);
      expect(text).toContain(' | time=');
    },
  );

  it('is OK with the time when all is well', () => {
    expect(probeNagios([okReport])).toEqual({
      text: 'OK https://relay.example/moq OK:draft 18 over webtransport | time=0.0289s rtt=0.0061s',
      exitCode: 0,
    });
  });

  it('is critical with cause, message and hint when a stage failed', () => {
    const { text, exitCode } = probeNagios([silentReport]);
    expect(exitCode).toBe(2);
    expect(text).toMatch(
      /^CRITICAL https:\/\/blocked\.example\/ Crit:udp\.no-answer: not one packet .*; try: UDP is blocked/,
    );
  });

  it('is a warning beyond the limit of one, and says value and limits', () => {
    const { text, exitCode } = probeNagios([roundtripReport]);
    expect(exitCode).toBe(1);
    expect(text).toContain('WARNING lab relay Warn:rtt 6.10 ms, above the warning limit of 5.00 ms');
    expect(text).toContain('rtt=0.0061s;0.0050;0.0500');
    expect(text).toContain('loss=0.3000%;1.0000;5.0000');
    expect(text).toContain('cert_expiry=4320000.0000s;604800.0000;172800.0000');
    expect(text.match(/\brtt=/g)).toHaveLength(1);
  });

  it('is unknown for a fault of ours, and for a failure before any probe', () => {
    const bad = failedReport('url', { cause: 'url.invalid', message: 'no scheme', hint: 'moqt://…', exitCode: 2 });
    expect(probeNagios([bad])).toMatchObject({ exitCode: 3, text: expect.stringMatching(/^UNKNOWN /) });
    const unforeseen = new MoqtError('MOQT_E_BUG', `a|b\n${HOSTILE}`, { stage: 'internal', hint: HOSTILE });
    expect(unknownLine('moqt probe', unforeseen)).toMatch(LINE);
  });

  it('warns of a limit whose value could not be measured, and writes U', () => {
    const report: ProbeReport = {
      ...okReport,
      thresholds: [{ name: 'first-object', value: null, warning: 100, critical: null, state: 'unknown' }],
    };
    const { text, exitCode } = probeNagios([report]);
    expect(exitCode).toBe(1);
    expect(text).toContain('first_object=U;0.1000;');
  });

  it('has a line of totals with all values for several relays, the worst state first', () => {
    const { text, exitCode } = probeNagios([okReport, roundtripReport, expiredReport]);
    const lines = text.split('\n');
    expect(exitCode).toBe(2);
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(LINE);
    expect(lines[0]).toMatch(/^CRITICAL 1 of 3 relays are healthy Crit:moqt:\/\/\S+ tls\.expired Warn:lab relay \| /);
    expect(lines[0]).toContain("'lab relay::time'=5.0600s");
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toEqual(['OK', 'WARNING', 'CRITICAL']);
  });

  it('names few of many relays in the line of totals, and counts the others', () => {
    const [total = ''] = probeNagios(Array.from({ length: 12 }, () => silentReport)).text.split('\n');
    expect(total.match(/udp\.no-answer/g)).toHaveLength(5);
    expect(total).toContain('Crit:and 7 more | ');
    expect(total).toMatch(LINE);
  });

  it('holds nothing healthy that failed', () => {
    expect(ALL.map(healthOf)).toEqual(['ok', 'warning', 'critical', 'critical', 'critical']);
  });
});

describe('the prometheus output of a probe', () => {
  it('is valid exposition for every kind of report at once', () => {
    const families = parseExposition(probePrometheus(ALL));
    expect([...families.keys()]).toEqual(
      expect.arrayContaining([
        'moqt_probe_success',
        'moqt_probe_stage_seconds',
        'moqt_probe_cause',
        'moqt_cert_not_after_seconds',
        'moqt_probe_rtt_seconds',
      ]),
    );
    expect(families.get('moqt_probe_success')?.samples.map(({ value }) => value)).toEqual([1, 1, 0, 0, 0]);
  });

  it('names url, stage and cause as the contract does', () => {
    const text = probePrometheus([silentReport]);
    expect(text).toContain('moqt_probe_success{url="https://blocked.example/"} 0\n');
    expect(text).toContain('moqt_probe_cause{url="https://blocked.example/",cause="udp.no-answer"} 1\n');
    expect(text).toContain('moqt_probe_stage_seconds{url="https://blocked.example/",stage="dns"} 0.00184\n');
    expect(text).not.toContain('stage="setup"');
    expect(text).not.toContain('rtt');
  });

  it('gives label values back as they were, whatever is in them', () => {
    const url = 'moqt://a/"quoted"\\back\nline';
    const families = parseExposition(probePrometheus([{ ...okReport, url }]));
    expect(families.get('moqt_probe_success')?.samples[0]?.labels.url).toBe(url);
    for (const unseen of ['\u001b', '\u202e', '\ud800']) expect(probePrometheus([hostileReport])).not.toContain(unseen);
  });

  it('keeps series apart that would be alike', () => {
    const families = parseExposition(probePrometheus([okReport, okReport, silentReport]));
    expect(families.get('moqt_probe_success')?.samples.map(({ labels }) => labels.n)).toEqual([
      undefined,
      '2',
      undefined,
    ]);
  });

  it('is empty for nothing', () => {
    expect(probePrometheus([])).toBe('');
  });
});

describe('the junit output of a probe', () => {
  it('is well-formed for every kind of report at once, with counts that are true', () => {
    const document = parseXml(probeJunit(ALL));
    expect(document.name).toBe('testsuites');
    expect(document.children).toHaveLength(ALL.length);
    for (const suite of document.children) {
      const cases = suite.children.filter(({ name }) => name === 'testcase');
      const having = (name: string) => cases.filter(({ children }) => children.some((child) => child.name === name));
      expect(suite.attributes.tests).toBe(String(cases.length));
      expect(suite.attributes.failures).toBe(String(having('failure').length));
      expect(suite.attributes.skipped).toBe(String(having('skipped').length));
      expect(cases.slice(0, QUIC_STAGES.length).map(({ attributes }) => attributes.name)).toEqual([...QUIC_STAGES]);
    }
    expect(document.attributes.failures).toBe('3');
  });

  it('has the cause as type, the message and the hint of the stage that failed', () => {
    const document = parseXml(probeJunit([expiredReport]));
    const failed = document.children[0]?.children.find(({ children }) =>
      children.some(({ name }) => name === 'failure'),
    );
    expect(failed?.attributes.name).toBe('tls');
    expect(failed?.children[0]?.attributes).toMatchObject({ type: 'tls.expired', message: expiredReport.message });
    expect(failed?.children[0]?.text).toContain(`hint: ${expiredReport.hint}`);
  });
});

describe('the page of a probe', () => {
  it('has what failed above what is well, and the documents in the order of the list', () => {
    const html = probeHtml({ reports: [okReport, silentReport], madeAt: 0, version: '1' });
    const shown = html.slice(0, html.indexOf('id="data"'));
    expect(shown.indexOf('Failed at udp')).toBeLessThan(shown.indexOf('Connected on draft'));
    const data = html.slice(html.indexOf('id="data"'));
    expect(data.indexOf(okReport.url)).toBeLessThan(data.indexOf(silentReport.url));
  });

  const page = (reports: readonly ProbeReport[]) =>
    probeHtml({ reports, matrices: [matrix], madeAt: Date.parse('2026-03-01T12:00:00Z'), version: '1.2.3' });

  it('says the verdict with its cause and what to do', () => {
    const html = page([silentReport]);
    expect(html).toContain('Failed at udp');
    expect(html).toContain('udp.no-answer');
    expect(html).toContain('try --transport webtransport-h2');
    expect(html.indexOf('udp.no-answer')).toBeLessThan(html.indexOf('class="waterfall"'));
  });

  it('holds no remote text that is not escaped, and its documents as they were', () => {
    const html = page([hostileReport]);
    expect(html).not.toContain('<img');
    expect(html).not.toContain('\u001b');
    expect(html).not.toContain('\u202e');
    expect(html.match(/<\/script>/g)).toHaveLength(1);
    const data = /<script type="application\/json" id="data">(.*)<\/script>/.exec(html)?.[1] ?? '';
    expect(JSON.parse(data).reports[0].message).toBe(HOSTILE);
  });

  it('refers to nothing elsewhere and has no script to run', () => {
    const html = page(ALL);
    expect(html).not.toMatch(/\b(?:src|href)="(?!#)/);
    expect(html).not.toMatch(/@import|url\(|<link|<script(?! type="application\/json")/);
  });
});

describe('markup', () => {
  it('escapes what is put in, and nothing twice', () => {
    const inner = markup`<b>${'<'}</b>`;
    expect(markup`<p title="${'"'}">${inner}${[1, 'a&b', null]}</p>`.text).toBe(
      '<p title="&quot;"><b>&lt;</b>1a&amp;b</p>',
    );
  });

  it('writes what XML forbids visibly', () => {
    expect(escapeMarkup('\u0000\u001b\ufffe\ud800')).toBe('\\x00\\x1b\\u{fffe}\\u{d800}');
  });

  it('embeds JSON that cannot end its script', () => {
    expect(embedJson({ a: '</script><!--' }).text).toBe('{"a":"\\u003c/script\\u003e\\u003c!--"}');
  });
});
