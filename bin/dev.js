#!/usr/bin/env node
// The development entry point: builds what is stale, then runs it.
await import('../scripts/ensure.mjs');
await import('./run.js');
