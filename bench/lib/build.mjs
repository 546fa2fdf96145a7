// Bundles the processes that the bench starts into one folder.
import { join } from 'node:path';
import { bundleFolder, root } from '../../scripts/bundle-folder.mjs';

const folder = 'bench/.build';
export const worker = join(root, folder, 'main.mjs');

export async function buildWorkers() {
  await bundleFolder({ entry: 'bench/workers/main.ts', folder, version: 'bench' });
}
