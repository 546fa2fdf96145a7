import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MoqtError } from '../errors/moqt-error.js';

/** The page, as it is in the package. */
export interface WebFiles {
  readonly html: Uint8Array;
  /** Its modules by file name. */
  readonly scripts: ReadonlyMap<string, Uint8Array>;
  /** The library as one module, and its source map. */
  readonly library: Uint8Array;
  readonly libraryMap: Uint8Array;
}

/** From the deepest place that this module can be at, as a source or in a bundle, up to the package. */
const MAX_LEVELS = 4;

/**
 * Reads the page and the library that it imports, once. Rejects with MOQT_E_LOCAL_IO when a file of the package is missing.
 */
export async function readWebFiles(): Promise<WebFiles> {
  const root = await packageRoot();
  const read = async (...path: string[]): Promise<Uint8Array> => {
    try {
      return await readFile(join(root, ...path));
    } catch (error) {
      throw missing(path.join('/'), error);
    }
  };
  const names = await scriptNames(join(root, 'examples', 'web'));
  const [html, library, libraryMap, ...modules] = await Promise.all([
    read('examples', 'web', 'index.html'),
    read('dist', 'web', 'moqt.js'),
    read('dist', 'web', 'moqt.js.map'),
    ...names.map((name) => read('examples', 'web', name)),
  ]);
  const scripts = new Map(names.map((name, i) => [name, modules[i] as Uint8Array]));
  return { html, scripts, library, libraryMap };
}

async function scriptNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.js'));
  } catch (error) {
    throw missing('examples/web', error);
  }
}

async function packageRoot(): Promise<string> {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < MAX_LEVELS; level++) {
    try {
      const { name } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { name?: unknown };
      if (name === 'moqt') return folder;
    } catch {
      // No package here: it is further up.
    }
    folder = dirname(folder);
  }
  throw missing('package.json', undefined);
}

function missing(path: string, origin: unknown): MoqtError {
  return new MoqtError('MOQT_E_LOCAL_IO', `the page cannot be served: ${path} is not in this installation of moqt`, {
    stage: 'relay',
    cause: 'relay.web',
    hint: 'in a clone run `npm run build`; otherwise install moqt again',
    origin,
  });
}
