// `npm run test:diagnosis [-- PART] [-- --json FILE]`: bundles the lab with the product's TypeScript in it, and runs it.
import { bundleFolder, root } from '../../scripts/bundle-folder.mjs';

const lab = await bundleFolder({
  entry: 'test/diagnosis/main.ts',
  folder: 'test/diagnosis/.build',
  version: 'diagnosis',
});
const { main } = await import(lab);
process.exit(await main(process.argv.slice(2), root));
