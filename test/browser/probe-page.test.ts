import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeHtml } from '../../src/core/render/probe-html.js';
import { BROWSER_WAIT_MS, findChromium, launchChromium, lookAt } from '../support/chromium.js';
import {
  expiredReport,
  hostileReport,
  matrix,
  okReport,
  roundtripReport,
  silentReport,
} from '../support/probe-reports.js';

const chromium = findChromium();
if (chromium === null) {
  console.warn("SKIPPED: the tests of probe's page need a Chromium, on PATH or named by CHROMIUM_PATH");
}

const folder = mkdtempSync(join(tmpdir(), 'moqt-probe-page-'));
const path = join(folder, 'page.html');
/** On the page those that failed stand first: 1 silent, 2 expired, 3 hostile, 4 the round trip, 5 well. */
const reports = [roundtripReport, silentReport, expiredReport, okReport, hostileReport];
let browser: Browser;
let page: Page;
const complaints: string[] = [];
const requests: string[] = [];

describe.skipIf(chromium === null)("probe's page in Chromium", () => {
  beforeAll(async () => {
    writeFileSync(path, probeHtml({ reports, matrices: [matrix], madeAt: Date.now(), version: '0.0.0' }));
    browser = await launchChromium(chromium as string);
    page = await browser.newPage();
    page.setDefaultTimeout(BROWSER_WAIT_MS);
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => requests.push(request.url()));
    await page.setViewport({ width: 1120, height: 900 });
    await page.goto(pathToFileURL(path).href);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const count = (selector: string) => page.$$eval(selector, (all) => all.length);

  it('opens without a complaint, and asks for nothing but itself', () => {
    expect(complaints).toEqual([]);
    expect(requests).toEqual([pathToFileURL(path).href]);
  });

  it('makes nothing of what a peer has sent', async () => {
    expect(await count('img, iframe, object, script:not([type="application/json"])')).toBe(0);
    expect(await page.$eval('#relay-3 .message', (element) => element.textContent)).toContain('</script><img src=x');
  });

  it('shows a bar for every stage that was reached, one after the other', async () => {
    const bars = await page.$$eval('#relay-5 .waterfall rect', (all) =>
      all.map((bar) => {
        const { left, right } = bar.getBoundingClientRect();
        return { left, right };
      }),
    );
    expect(bars).toHaveLength(okReport.stages.filter(({ status }) => status !== 'skipped').length);
    for (const [i, bar] of bars.entries()) {
      expect(bar.right).toBeGreaterThan(bar.left + 1);
      if (i > 0) expect(bar.left).toBeGreaterThanOrEqual((bars[i - 1]?.left ?? 0) - 1);
    }
  });

  it('shows histogram, time line of the certificate, and the grid', async () => {
    expect(await count('#relay-4 svg[aria-label^="Latencies"] rect')).toBe(
      roundtripReport.roundtrip?.latencyMs?.histogram.length,
    );
    expect(await count('svg[aria-label^="Valid from"]')).toBe(4);
    expect(await count('.matrix td.yes, .matrix td.no')).toBe(matrix.cells.length);
  });

  it('names every picture and every table head for those who do not see them', async () => {
    expect(await count('svg:not([role="img"][aria-label]):not([aria-hidden])')).toBe(0);
    expect(await count('th:not([scope])')).toBe(0);
    expect(await page.$eval('html', (element) => element.getAttribute('lang'))).toBe('en');
  });

  it.each(['light', 'dark'])('can be read in %s: text stands out from what is behind it', async (scheme) => {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    // As text: the tests' compiler knows nothing of the browser's names.
    const worst = (await page.evaluate(`(() => {
      const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
      const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
      const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const color = rgb(getComputedStyle(at).backgroundColor);
          if (color.length === 3 || color[3] > 0) return color;
        }
        return [255, 255, 255];
      };
      let worst = { ratio: 21 };
      for (const element of document.querySelectorAll('h1,h2,h3,p,td,th,dt,dd,li,small,.tag,code,footer')) {
        if (element.textContent.trim() === '') continue;
        const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < worst.ratio) worst = { ratio, what: element.outerHTML.slice(0, 120) };
      }
      return worst;
    })()`)) as { ratio: number; what?: string };
    // WCAG 2.2, 1.4.3.
    expect(worst.ratio, worst.what).toBeGreaterThanOrEqual(4.5);
    const look = await lookAt(browser, await page.screenshot());
    expect(look.colours).toBeGreaterThan(50);
    expect(look.commonest).toBeLessThan(0.9);
  });

  it('fits a narrow screen: the page itself does not scroll sideways', async () => {
    await page.setViewport({ width: 380, height: 800 });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    await page.setViewport({ width: 1120, height: 900 });
    expect(overflow).toBeLessThanOrEqual(0);
  });
});
