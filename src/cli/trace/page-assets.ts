import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MoqtError } from '../../core/errors/moqt-error.js';
import type { PageAssets } from '../../core/render/trace-html/index.js';

/** From the deepest place that this module can be at, as a source or in a bundle, up to the package. */
const MAX_LEVELS = 4;

/** The script and the style sheet of a page, as the build made them. Rejects with MOQT_E_LOCAL_IO when they are missing. */
export async function readPageAssets(page: 'trace'): Promise<PageAssets> {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < MAX_LEVELS; level++) {
    const read = (file: string) => readFile(join(folder, 'dist', 'pages', page, file), 'utf8');
    try {
      const [script, style] = await Promise.all([read('script.js'), read('style.css')]);
      return { script, style };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw missing(page, error);
      folder = dirname(folder);
    }
  }
  throw missing(page, undefined);
}

function missing(page: string, origin: unknown): MoqtError {
  return new MoqtError(
    'MOQT_E_LOCAL_IO',
    `the page's script, dist/pages/${page}, is not in this installation of moqt`,
    {
      stage: 'io',
      cause: 'io.page',
      hint: 'in a clone run `npm run build`; otherwise install moqt again',
      origin,
    },
  );
}
