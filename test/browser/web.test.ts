import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, ElementHandle, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BROWSER_WAIT_MS, findChromium, launchChromium, lookAt } from '../support/chromium.js';
import { run, start, startRelay, type TestRelay } from '../support/moqt.js';

const chromium = findChromium();
if (chromium === null) {
  console.warn('SKIPPED: the tests of the page need a Chromium, on PATH or named by CHROMIUM_PATH');
}

const folder = mkdtempSync(join(tmpdir(), 'moqt-web-'));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const DRAFTS = ['14', '16', '18'] as const;

let relay: TestRelay;
let web: string;
let browser: Browser;
beforeAll(async () => {
  if (chromium === null) return;
  relay = await startRelay(['--web']);
  web = webOf(relay);
  browser = await launchChromium(chromium);
});
afterAll(async () => {
  await browser?.close();
  await relay?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function webOf(which: TestRelay): string {
  const line = which.process.stdout
    .toString()
    .split('\n')
    .find((text) => text.includes('"listening"')) as string;
  return (JSON.parse(line) as { web: string }).web;
}

/** The page, and everything that went wrong in it or left it for elsewhere. */
class Visit {
  readonly complaints: string[] = [];
  readonly requests: string[] = [];

  constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
  ) {
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => this.requests.push(request.url()));
  }

  text(id: string): Promise<string> {
    return this.page.$eval(`#${id}`, (element) => element.textContent ?? '');
  }

  /** Until the text of an element is, or looks, as wanted. */
  async until(id: string, wanted: string | RegExp): Promise<string> {
    const pattern = typeof wanted === 'string' ? `^${wanted}$` : wanted.source;
    const found = `new RegExp(${JSON.stringify(pattern)}).test(document.getElementById('${id}').textContent)`;
    try {
      await this.page.waitForFunction(found);
    } catch (error) {
      const shown = await Promise.all([id, 'state', 'problem'].map((one) => this.text(one)));
      throw new Error(`#${id} did not become ${wanted}: ${shown.join(' | ').replace(/\s+/g, ' ')}`, { cause: error });
    }
    return this.text(id);
  }

  async type(id: string, text: string): Promise<void> {
    await this.page.$eval(
      `#${id}`,
      (input, value) => {
        (input as unknown as { value: string }).value = value;
        input.dispatchEvent(new Event('input', { bubbles: true }));
      },
      text,
    );
  }

  async choose(source: 'picture' | 'clock' | 'lines' | 'file'): Promise<void> {
    await this.page.click(`input[name=source][value=${source}]`);
  }

  async upload(path: string): Promise<void> {
    await ((await this.page.$('#file')) as ElementHandle<never>).uploadFile(path);
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

const visits: Visit[] = [];
afterEach(async () => {
  await Promise.all(visits.splice(0).map((visit) => visit.close()));
});

/** Opens the page; by its parameters it connects as wanted. */
async function visit(parameters: Record<string, string> = {}, base = web): Promise<Visit> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(BROWSER_WAIT_MS);
  await page.setViewport({ width: 1240, height: 900 });
  const made = new Visit(page, context);
  visits.push(made);
  await page.goto(`${base}?${new URLSearchParams(parameters)}`);
  return made;
}

async function connected(parameters: Record<string, string> = {}): Promise<Visit> {
  const made = await visit(parameters);
  await made.until('state', /^connected/);
  return made;
}

function client(command: 'publish' | 'subscribe', track: string, ...flags: string[]): string[] {
  return [command, relay.webtransport, 'web', track, ...relay.trust, ...flags];
}

describe.skipIf(chromium === null)('the page in Chromium', () => {
  describe.each(DRAFTS)('on draft %s', (draft) => {
    const parameters = (track: string, more: Record<string, string> = {}) => ({
      draft,
      namespace: 'web',
      track,
      ...more,
    });

    it('says which draft and transport it uses, and that the certificate is pinned', async () => {
      const { page, ...made } = await connected({ draft });
      expect(made.complaints).toEqual([]);
      const facts = await page.$eval('.facts', (element) => element.textContent ?? '');
      expect(facts).toContain('pinned, until 20');
      expect(facts).toContain('WebTransport, HTTP/3');
      expect(await page.$eval('#fact-draft', (element) => element.textContent)).toBe(draft);
    });

    it('publishes a file that the command line receives byte for byte', async () => {
      const bytes = randomBytes(300_000);
      const path = join(folder, `file-${draft}`);
      writeFileSync(path, bytes);
      const track = `file-${draft}`;
      const made = await connected(parameters(track, { source: 'file' }));
      const subscriber = start(client('subscribe', track, '--wait', '60s'));
      await made.upload(path);
      await made.page.click('#publish-button');
      const received = await subscriber.done;
      expect(received, received.stderr).toMatchObject({ code: 0 });
      expect(sha256(received.stdout)).toBe(sha256(bytes));
      await made.until('publish-sha256', sha256(bytes));
      await made.until('publish-status', /^complete/);
      expect(made.complaints).toEqual([]);
    });

    it('publishes typed lines that the command line receives', async () => {
      const track = `lines-${draft}`;
      const made = await connected(parameters(track, { source: 'lines' }));
      const subscriber = start(client('subscribe', track, '--wait', '60s', '--frame', 'lines'));
      await made.page.click('#publish-button');
      await made.until('publish-subscribers', '1');
      for (const line of ['first', 'zweite äöü', 'третья']) {
        await made.type('line', line);
        await made.page.focus('#line');
        await made.page.keyboard.press('Enter');
      }
      await subscriber.until((m) => m.stdout.toString().split('\n').length > 3, 'the lines arrived');
      await made.page.click('#publish-button');
      const received = await subscriber.done;
      expect(received, received.stderr).toMatchObject({ code: 0 });
      expect(received.stdout.toString()).toBe('first\nzweite äöü\nтретья\n');
    });

    it('receives byte for byte what the command line publishes', async () => {
      const bytes = randomBytes(500_000);
      const path = join(folder, `received-${draft}`);
      writeFileSync(path, bytes);
      const track = `cli-${draft}`;
      const made = await connected(parameters(track));
      await made.page.click('#subscribe-button');
      const published = await run([...client('publish', track), path]);
      expect(published, published.stderr).toMatchObject({ code: 0 });
      await made.until('subscribe-status', 'the track has ended');
      await made.until('sha256', sha256(bytes));
      expect(await made.text('missing')).toBe('0');
      expect(await made.text('bytes')).toBe('488.3 KiB');
      expect(made.complaints).toEqual([]);
    });
  });

  it('shows its own picture as it comes back from the relay, with rate and latency, in light, dark and narrow', async () => {
    const made = await connected({ namespace: 'web', track: 'picture' });
    await made.page.click('#publish-button');
    await made.page.click('#subscribe-button');
    await made.until('objects', /^[1-9]\d+$/);
    await made.until('latency-now', /^p50 .+ · p99 /);
    await made.until('rate-now', /^[1-9]/);
    expect(await made.page.$eval('#screen-box', (box) => (box as unknown as { hidden: boolean }).hidden)).toBe(false);

    const looks: Record<string, { path: string; scheme: 'light' | 'dark'; width: number }> = {
      light: { path: 'light.png', scheme: 'light', width: 1240 },
      dark: { path: 'dark.png', scheme: 'dark', width: 1240 },
      phone: { path: 'phone.png', scheme: 'light', width: 360 },
    };
    for (const { path, scheme, width } of Object.values(looks)) {
      await made.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await made.page.setViewport({ width, height: 900 });
      // The next picture after the change has been painted.
      const before = Number((await made.text('objects')).replaceAll(',', ''));
      await made.page.waitForFunction(
        `Number(document.getElementById('objects').textContent.replaceAll(',', '')) > ${before + 5}`,
      );
      expect(
        await made.page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
        `${path}: nothing sticks out`,
      ).toBe(true);
      for (const target of ['page', '#rate-chart', '#latency-chart', '#screen']) {
        const element = target === 'page' ? made.page : ((await made.page.$(target)) as ElementHandle);
        const png = await element.screenshot(
          target === 'page' ? { fullPage: true, path: join(process.env.MOQT_SCREENSHOTS ?? folder, path) } : {},
        );
        const look = await lookAt(browser, png as Uint8Array);
        expect(look.colours, `${path} ${target}`).toBeGreaterThan(target === 'page' ? 200 : 8);
        expect(look.commonest, `${path} ${target}`).toBeLessThan(0.97);
      }
    }
    await made.page.click('#publish-button');
    await made.until('subscribe-status', 'the track has ended');
    expect(await made.until('sha256', /^[0-9a-f]{64}$/)).toBe(await made.until('publish-sha256', /^[0-9a-f]{64}$/));
    expect(made.complaints).toEqual([]);
    for (const url of made.requests) expect(url).toMatch(new RegExp(`^(${web.replaceAll('.', '\\.')}|data:)`));
  });

  it('shows what others published as text, whatever it looks like', async () => {
    const hostile = '<img src=x onerror="document.title=1">\u202e\u0007';
    const made = await connected({ namespace: 'web', track: 'hostile' });
    await made.page.click('#subscribe-button');
    const published = await run(client('publish', 'hostile', '--frame', 'lines'), {
      stdin: Buffer.from(`${hostile}\n`),
    });
    expect(published, published.stderr).toMatchObject({ code: 0 });
    await made.until('subscribe-status', 'the track has ended');
    const list = await made.until('list', /onerror/);
    expect(list).toContain('<img src=x onerror="document.title=1">\\u{202e}\\u{7}');
    expect(await made.page.$$('#list img')).toEqual([]);
    expect(made.complaints).toEqual([]);
  });

  it('does not connect to a certificate that is not the pinned one, and says where it failed and what to do', async () => {
    const made = await visit({ pin: '00'.repeat(32) });
    await made.until('state', 'not connected');
    await made.until('problem-title', 'No connection');
    const problem = await made.page.$eval('#problem', (element) => element.textContent ?? '');
    expect(problem).toMatch(/Stage\s*(webtransport|tls|quic)/);
    expect(problem).toMatch(/Code\s*MOQT_E_/);
    expect(problem).toMatch(/Try\s*\S+/);
    // And with the right one it does.
    await made.type('pin', relay.trust[1] as string);
    await made.page.click('#connect');
    await made.until('state', /^connected/);
    expect(await made.page.$eval('#problem', (box) => (box as unknown as { hidden: boolean }).hidden)).toBe(true);
  });

  it.each([
    ['pin', 'abc'],
    ['url', 'https://example.com/'],
  ])('refuses a %s of "%s" before it sends anything', async (name, value) => {
    const made = await visit({ [name]: value });
    await made.until('problem-details', /Stage\s*config/);
    expect(await made.text('state')).toBe('not connected');
  });

  it('names what is wrong with a name, and stays connected', async () => {
    const made = await connected({ namespace: 'a//b', track: 'x' });
    await made.page.click('#subscribe-button');
    await made.until('problem-details', /MOQT_E_NAME/);
    expect(await made.text('state')).toMatch(/^connected/);
    expect(await made.text('subscribe-button')).toBe('Subscribe');
  });

  it('asks for a token where the relay wants one, and says when it is wrong', async () => {
    const own = await startRelay(['--web', '--auth-token', 'env:WEB_TOKEN'], { env: { WEB_TOKEN: 'right' } });
    const made = await visit({}, webOf(own));
    await made.page.waitForSelector('#token:focus');
    await made.page.keyboard.type('wrong');
    await made.page.keyboard.press('Enter');
    // During SETUP or just behind it: either way it is named.
    await made.until('problem-details', /UNAUTHORIZED/);
    await made.type('token', 'right');
    await made.page.click('#connect');
    await made.until('state', /^connected/);
    own.process.kill('SIGINT');
    await own.process.done;
  });

  it('says when the relay has gone', async () => {
    const own = await startRelay(['--web']);
    const made = await visit({}, webOf(own));
    await made.until('state', /^connected/);
    own.process.kill('SIGINT');
    await own.process.done;
    await made.until('state', 'connection lost');
    await made.until('problem-title', 'The session ended');
  });

  it('can be used with the keyboard alone, and every control has a name', async () => {
    const made = await connected({ namespace: 'web', track: 'keys' });
    const names = await made.page.evaluate(`Array.from(document.querySelectorAll('input, select, button'), (control) =>
      control.labels?.[0]?.textContent?.trim() || control.getAttribute('aria-label') || control.textContent.trim())`);
    expect(names).not.toContain('');
    expect((names as string[]).length).toBeGreaterThan(15);

    await made.page.focus('input[name=source][value=picture]');
    await made.page.keyboard.press('ArrowRight');
    await made.page.keyboard.press('ArrowRight');
    expect(
      await made.page.$eval(
        '#publish',
        (form) => (form as never as { elements: { source: { value: string } } }).elements.source.value,
      ),
    ).toBe('lines');
    const reached: string[] = [];
    for (let press = 0; press < 6 && !reached.includes('publish-button'); press++) {
      await made.page.keyboard.press('Tab');
      reached.push((await made.page.evaluate('document.activeElement.id')) as string);
    }
    expect(reached).toContain('publish-button');
    await made.page.keyboard.press('Enter');
    await made.until('publish-status', 'waiting for a subscriber');
    await made.page.keyboard.press('Enter');
    await made.until('publish-status', 'stopped');
  });
});
