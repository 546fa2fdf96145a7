import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function node(...args: string[]) {
  return spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', timeout: 90_000 });
}

test('importing the library does nothing: no output, no handle, no listener, no native addon', () => {
  const script = `
    // Loading a file takes these for a moment.
    const passing = /^FSReq|^CloseReq$/;
    const held = () => process.getActiveResourcesInfo().filter((name) => !passing.test(name)).sort();
    const before = { held: held(), listeners: process.eventNames() };
    const { connect, overWebTransport, publish, subscribe, announce, serveRelay, generateCertificate } = await import('moqt');
    for (const one of [connect, overWebTransport, publish, subscribe, announce, serveRelay, generateCertificate])
      if (typeof one !== 'function') throw new Error('an export is missing');
    const listeners = process.eventNames().filter((name) => !before.listeners.includes(name));
    const addons = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
    const after = held();
    process.stderr.write(JSON.stringify({ listeners, addons, same: String(after) === String(before.held) }));`;
  const result = node('--input-type=module', '-e', script);
  expect(JSON.parse(result.stderr)).toEqual({ listeners: [], addons: [], same: true });
  expect(result.stdout).toBe('');
  // It ended by itself: nothing kept it alive until the timeout.
  expect({ signal: result.signal, status: result.status }).toEqual({ signal: null, status: 0 });
});

test('the example publishes and subscribes through a relay in one process, and ends', () => {
  const result = node('examples/library.mjs');
  expect(result.stderr).toBe('');
  expect(result.signal).toBeNull();
  expect(result.stdout.trim().split('\n')).toEqual(['hello', 'world', 'acknowledged']);
  expect(result.status).toBe(0);
});

test('it exports what a user needs, and nothing else that can be called', async () => {
  const library = await import('../../src/index.js');
  expect(Object.keys(library).sort()).toEqual([
    'ERROR_CODES',
    'EXIT',
    'EXIT_MEANINGS',
    'EncodeError',
    'Inspector',
    'MoqtError',
    'RedirectTrail',
    'RequestCancelled',
    'RequestRefused',
    'RequestRejected',
    'SessionClosed',
    'StreamReset',
    'StreamStopped',
    'WireError',
    'announce',
    'checkCertificates',
    'connect',
    'decodeProperties',
    'encodeProperties',
    'formatNamespace',
    'formatTrackName',
    'generateCertificate',
    'overWebTransport',
    'parseFullTrackName',
    'parseMoqtUrl',
    'parseNamespace',
    'parsePin',
    'parseTrackName',
    'probe',
    'publish',
    'readCertificates',
    'serveRelay',
    'subscribe',
    'watchCertificates',
  ]);
});
