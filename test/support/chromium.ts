import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, launch } from 'puppeteer-core';

/** How long a page may take for anything: far beyond what it takes on an idle machine. */
export const BROWSER_WAIT_MS = 60_000;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The Chromium of `CHROMIUM_PATH`, else the first on PATH; null without one. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM_PATH;
  // One that was named and is not there is a mistake, not a reason to skip.
  if (named !== undefined && named !== '') return named;
  for (const name of NAMES) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here.
      }
    }
  }
  return null;
}

export function launchChromium(path: string): Promise<Browser> {
  return launch({
    executablePath: path,
    timeout: BROWSER_WAIT_MS,
    // The sandbox needs privileges that containers lack; the pages are our own.
    args: ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--disable-background-timer-throttling'],
  });
}

export interface Look {
  /** Distinct colours. */
  readonly colours: number;
  /** Part of the picture that has the commonest colour, 0 … 1. */
  readonly commonest: number;
}

/** What a screenshot shows, so far as that can be counted. */
export async function lookAt(browser: Browser, png: Uint8Array): Promise<Look> {
  const page = await browser.newPage();
  try {
    // As text: the tests' compiler knows nothing of the browser's names.
    return (await page.evaluate(`(async () => {
      const bytes = Uint8Array.from(atob(${JSON.stringify(Buffer.from(png).toString('base64'))}), (c) => c.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes]));
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      const context = canvas.getContext('2d');
      context.drawImage(picture, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, picture.width, picture.height).data.buffer);
      const counts = new Map();
      for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
      return { colours: counts.size, commonest: Math.max(...counts.values()) / pixels.length };
    })()`)) as Look;
  } finally {
    await page.close();
  }
}
