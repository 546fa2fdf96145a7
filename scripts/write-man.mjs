// `npm run man`: builds, so that the manifest is the source's, and writes man/.
import './build.mjs';

const { writeManPages } = await import('./man.mjs');
await writeManPages();
