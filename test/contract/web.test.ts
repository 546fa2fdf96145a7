import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { publish } from '../../src/core/publisher/publish.js';
import { overWebTransport } from '../../src/core/session/connect/over-webtransport.js';
import type { SessionHandlers } from '../../src/core/session/session.js';
import { parseFullTrackName } from '../../src/core/url/namespace.js';
import { utf8 } from '../../src/core/util/bytes.js';
import type * as Web from '../../src/web.js';
import { foreignClient, foreignServer } from '../support/fails-components.js';
import { soon } from '../support/wait.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Names that a browser does not have. */
const NODE_GLOBALS = [
  'Buffer',
  'process',
  'setImmediate',
  'clearImmediate',
  'global',
  'require',
  '__dirname',
  '__filename',
];

/** The bundler puts this in the place of a global that is named; what is looked up in globalThis stays as it is. */
const marked = (name: string): string => `NAMED_GLOBAL_${name}`;

async function bundle(format: 'esm' | 'iife'): Promise<{ text: string; imports: string[]; modules: number }> {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/web.ts'],
    bundle: true,
    format,
    globalName: 'moqt',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*'],
    define: Object.fromEntries(NODE_GLOBALS.map((name) => [name, marked(name)])),
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const { inputs } = result.metafile;
  return {
    text: result.outputFiles[0]?.text ?? '',
    imports: Object.values(inputs).flatMap(({ imports }) =>
      imports.filter(({ external }) => external).map(({ path }) => path),
    ),
    modules: Object.keys(inputs).length,
  };
}

test('the module for browsers imports nothing and names no global of Node', async () => {
  const { text, imports, modules } = await bundle('esm');
  expect(modules).toBeGreaterThan(100);
  expect(imports).toEqual([]);
  expect(NODE_GLOBALS.filter((name) => text.includes(marked(name)))).toEqual([]);
});

test('it subscribes where only the globals of a browser exist', async () => {
  const { text } = await bundle('iife');
  const browser = createContext({
    AbortController,
    MessageChannel,
    TextDecoder,
    TextEncoder,
    URL,
    // The streams that are handed in check what they are given.
    Uint8Array,
    clearTimeout,
    performance,
    queueMicrotask,
    setTimeout,
  });
  runInContext(text, browser);
  const web = (browser as unknown as { moqt: typeof Web }).moqt;

  const listener = await foreignServer();
  const accepted = listener.accept();
  try {
    const wt = await foreignClient(listener.url, listener.sha256);
    const handlers: SessionHandlers = { onPublishNamespace: (request) => void request.accept() };
    const server = accepted.then((session) => overWebTransport(session, { role: 'server', protocol: 'moqt-18' }));
    const [receiver, sender] = await soon(
      Promise.all([web.overWebTransport(wt, { handlers }), server]),
      'both sessions',
    );
    expect(receiver.profile.draft).toBe('18');
    const track = parseFullTrackName('live/room1', 'chat');
    const batches = (async function* () {
      yield ['hello', 'browser'].map(utf8);
    })();
    const publisher = publish(sender, { track, source: { kind: 'records', batches } });
    const subscription = await soon(web.subscribe(receiver, { track, waitMs: 5000 }), 'the subscription');
    const got: string[] = [];
    for await (const item of subscription) {
      if (item.kind === 'object' && item.payload.length > 0) got.push(new TextDecoder().decode(item.payload));
    }
    expect(got).toEqual(['hello', 'browser']);
    expect((await publisher.done).delivery).toBe('handed-over');
    await Promise.all([receiver.close(), sender.close()]);
  } finally {
    listener.close();
  }
});

test('it exports what a page needs, and nothing else that can be called', async () => {
  const library = await import('../../src/web.js');
  expect(Object.keys(library).sort()).toEqual([
    'ERROR_CODES',
    'EXIT',
    'EXIT_MEANINGS',
    'EncodeError',
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
    'connect',
    'decodeProperties',
    'encodeProperties',
    'formatNamespace',
    'formatTrackName',
    'overWebTransport',
    'parseFullTrackName',
    'parseMoqtUrl',
    'parseNamespace',
    'parsePin',
    'parseTrackName',
    'publish',
    'subscribe',
  ]);
});
