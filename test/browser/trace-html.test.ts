import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Trace } from '../../src/core/records/trace-event.js';
import { traceEncoder } from '../../src/core/trace/trace-format.js';
import { BROWSER_WAIT_MS, findChromium, launchChromium, lookAt } from '../support/chromium.js';
import { run, start, startRelay } from '../support/moqt.js';
import { HOSTILE, sampleTrace } from '../support/trace-sample.js';

const chromium = findChromium();
if (chromium === null) {
  console.warn('SKIPPED: the tests of the trace page need a Chromium, on PATH or named by CHROMIUM_PATH');
}

const folder = mkdtempSync(join(tmpdir(), 'moqt-trace-html-'));
let browser: Browser;
const pages: Page[] = [];
const complaints: string[] = [];
const requests: string[] = [];
beforeAll(async () => {
  if (chromium !== null) browser = await launchChromium(chromium);
});
afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.close()));
  expect(complaints.splice(0)).toEqual([]);
  for (const url of requests.splice(0)) expect(url).toMatch(/^(file|data):/);
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, { header, events }: Trace): string {
  const encoder = traceEncoder('moqtrace');
  const path = join(folder, `${name}.moqtrace`);
  // The bytes of an event are good until the next one is written: each is copied.
  const parts = [
    Buffer.from(encoder.header(header)),
    ...events.map((event) => Buffer.from(encoder.event(event))),
    encoder.end(),
  ];
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

/** Opens the page that the command makes of a trace. */
async function open(trace: string): Promise<Page> {
  const made = await run(['trace', 'html', trace, '--force']);
  expect(made, made.stderr).toMatchObject({ code: 0 });
  const page = await browser.newPage();
  page.setDefaultTimeout(BROWSER_WAIT_MS);
  pages.push(page);
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.setViewport({ width: 1440, height: 1000 });
  await page.goto(pathToFileURL(made.stdout.toString().trim()).href);
  await page.waitForSelector('.row');
  return page;
}

const text = (page: Page, selector: string) => page.$eval(selector, (element) => element.textContent ?? '');
const until = (page: Page, condition: string) => page.waitForFunction(condition);

describe.skipIf(chromium === null)('the page of a trace, in Chromium', () => {
  it('shows a real session: its messages, its track and its objects', async () => {
    const relay = await startRelay();
    try {
      const trace = join(folder, 'real.moqtrace');
      const subscriber = start([
        'subscribe',
        relay.quic,
        'live/room1',
        'clock',
        ...relay.trust,
        '--wait',
        '60s',
        '--trace',
        trace,
      ]);
      const published = await run(['publish', relay.quic, 'live/room1', 'clock', ...relay.trust, '--frame', 'lines'], {
        stdin: Buffer.from('one\ntwo\nthree\n'),
      });
      expect(published, published.stderr).toMatchObject({ code: 0 });
      expect(await subscriber.done).toMatchObject({ code: 0 });
      const page = await open(trace);
      const rows = await page.$$eval('.row .label', (labels) => labels.map((label) => label.textContent));
      expect(rows).toEqual(expect.arrayContaining(['SUBSCRIBE', 'SUBSCRIBE_OK', 'PUBLISH_DONE']));
      expect(await text(page, '#sequence-box')).toContain('live/room1/clock');
      expect(await text(page, '#grid-note')).toMatch(/4 objects.*no gaps/);
      expect(await text(page, '#endings')).toContain('TRACK_ENDED');
    } finally {
      await relay.stop();
    }
  });

  it('finds messages by words, selects them, and shows fields and bytes', async () => {
    const page = await open(write('search', sampleTrace()));
    await page.keyboard.press('/');
    await page.keyboard.type('request_error');
    await page.keyboard.press('Enter');
    await until(page, `document.getElementById('search-count').textContent === '1 of 1'`);
    expect(await text(page, '#details-body h3')).toBe('REQUEST_ERROR');
    const details = await text(page, '#details-body');
    expect(details).toContain('0x10');
    expect(details).toContain('no such track');
    expect(details).toMatch(/0000 {2}7b 22/);
    expect(await page.$eval('.row[aria-selected="true"]', (row) => row.getAttribute('aria-label'))).toMatch(
      /^received REQUEST_ERROR/,
    );
  });

  it('zooms and pans with keys and mouse, and goes back to the whole', async () => {
    const page = await open(write('zoom', sampleTrace()));
    const whole = await text(page, '#range');
    await page.focus('#timeline');
    await page.keyboard.press('+');
    await until(page, `document.getElementById('range').textContent !== ${JSON.stringify(whole)}`);
    const zoomed = await text(page, '#range');
    await page.keyboard.press('ArrowRight');
    await until(page, `document.getElementById('range').textContent !== ${JSON.stringify(zoomed)}`);
    await page.keyboard.press('0');
    await until(page, `document.getElementById('range').textContent === ${JSON.stringify(whole)}`);
    const box = (await (await page.$('#timeline'))?.boundingBox()) as { x: number; y: number };
    await page.keyboard.down('Shift');
    await page.mouse.move(box.x + 300, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 400, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await until(page, `document.getElementById('range').textContent !== ${JSON.stringify(whole)}`);
  });

  it('tells in a tooltip what is under the pointer, with its fields and bytes', async () => {
    const page = await open(write('tooltip', sampleTrace()));
    // What scrolls under the pointer hides the tooltip: the row is brought into view first, and the scroll told to the page.
    const row = (await page.$('.row[aria-label^="sent SUBSCRIBE"]')) as ElementHandle;
    await row.scrollIntoView();
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    await row.hover();
    await until(page, `!document.getElementById('tooltip').hidden`);
    const tooltip = await text(page, '#tooltip');
    expect(tooltip).toContain('SUBSCRIBE');
    expect(tooltip).toContain('live/room1/video');
    expect(tooltip).toContain('7b 22');
  });

  it('shows text of a peer as text', async () => {
    const page = await open(write('hostile', sampleTrace()));
    expect(await page.title()).toBe('https://relay.test/live · MoQT trace');
    expect(await page.$$('img')).toEqual([]);
    const visible = HOSTILE.slice(0, HOSTILE.indexOf('\u2028'));
    expect(await text(page, '#endings')).toContain(`${visible}\\u{2028}\\u{202e}`);
  });

  it('leaves out what filters exclude, and has the same data as tables', async () => {
    const page = await open(write('filters', sampleTrace()));
    await page.click('#filters label:has([name=received])');
    await until(
      page,
      `!document.querySelector('.row[aria-label^="received"]') && document.querySelector('.row[aria-label^="sent"]')`,
    );
    await page.click('#tables details:first-child summary');
    await until(page, `document.querySelectorAll('#tables tbody tr').length === 8`);
  });

  it('stays usable with 100,000 objects', async () => {
    const page = await open(write('large', sampleTrace({ groups: 1000, perGroup: 90 })));
    expect(await text(page, '#counts')).toContain('99,836');
    expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(2000);
    await page.focus('#timeline');
    for (let press = 0; press < 12; press++) await page.keyboard.press('+');
    await until(page, `!document.getElementById('range').textContent.startsWith('all')`);
  });

  it('is worth looking at in light, dark and narrow, and nothing sticks out', async () => {
    const page = await open(write('look', sampleTrace()));
    for (const [name, scheme, width] of [
      ['light', 'light', 1440],
      ['dark', 'dark', 1440],
      ['phone', 'light', 390],
    ] as const) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.setViewport({ width, height: 1000 });
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), name).toBe(true);
      const shots = process.env.MOQT_SCREENSHOTS ?? folder;
      await page.screenshot({ fullPage: true, path: join(shots, `trace-${name}.png`) as `${string}.png` });
      for (const target of ['#timeline', '#latency', '#grid', '#sequence-box']) {
        const look = await lookAt(browser, await ((await page.$(target)) as ElementHandle).screenshot());
        expect(look.colours, `${name} ${target}`).toBeGreaterThan(8);
        expect(look.commonest, `${name} ${target}`).toBeLessThan(0.985);
      }
    }
  });

  it('has a name for every control', async () => {
    const page = await open(write('names', sampleTrace()));
    const names = await page.evaluate(`Array.from(document.querySelectorAll('input, select, button'), (control) =>
      control.labels?.[0]?.textContent?.trim() || control.getAttribute('aria-label') || control.textContent.trim())`);
    expect(names).not.toContain('');
  });
});

it('keeps a page that exists unless told otherwise, and writes to stdout with -o -', async () => {
  const trace = write('twice', sampleTrace());
  const first = await run(['trace', 'html', trace, '--json']);
  expect(JSON.parse(first.stdout.toString())).toMatchObject({ file: join(folder, 'twice.html'), notes: [], cuts: [] });
  expect(await run(['trace', 'html', trace])).toMatchObject({ code: 10, stderr: expect.stringContaining('--force') });
  expect(await run(['trace', 'html', trace, '--force'])).toMatchObject({ code: 0 });
  const piped = await run(['trace', 'html', trace, '-o', '-']);
  expect(piped.stdout.toString()).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
});
