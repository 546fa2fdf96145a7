import { describe, expect, it } from 'vitest';
import { connect } from '../../../../../src/core/session/connect/connect-web.js';
import { overWebTransport } from '../../../../../src/core/session/connect/over-webtransport.js';
import type { W3cWebTransport } from '../../../../../src/core/transport/w3c/index.js';

/** An object on which nothing ever happens but what is overridden. */
function silent(overrides: Partial<W3cWebTransport> = {}): W3cWebTransport & { closedWith: unknown[] } {
  const closedWith: unknown[] = [];
  const never = new Promise<never>(() => {});
  return {
    closedWith,
    ready: Promise.resolve(),
    closed: never,
    incomingUnidirectionalStreams: new ReadableStream(),
    incomingBidirectionalStreams: new ReadableStream(),
    datagrams: { readable: new ReadableStream(), writable: new WritableStream(), maxDatagramSize: 1000 },
    createUnidirectionalStream: () => never,
    createBidirectionalStream: () => never,
    close: (info) => void closedWith.push(info),
    ...overrides,
  };
}

const fast = { connectMs: 50, setupMs: 50, closeMs: 20 };

describe('a session over someone else’s WebTransport', () => {
  it('fails with what the object says when it does not become ready', async () => {
    const gone = Promise.reject(new Error('Opening handshake failed.'));
    const wt = silent({ ready: gone, closed: gone });
    await expect(overWebTransport(wt, { peer: 'example:443' })).rejects.toMatchObject({
      code: 'MOQT_E_UNREACHABLE',
      stage: 'webtransport',
      message: expect.stringContaining('Opening handshake failed.'),
      peer: 'example:443',
    });
  });

  it('gives up on an object that stays silent, and closes it', async () => {
    const wt = silent({ ready: new Promise(() => {}) });
    await expect(overWebTransport(wt, { timeouts: fast })).rejects.toMatchObject({ code: 'MOQT_E_TIMEOUT' });
    expect(wt.closedWith).toHaveLength(1);
  });

  it('refuses an object whose streams someone else reads', async () => {
    const wt = silent();
    wt.incomingUnidirectionalStreams.getReader();
    await expect(overWebTransport(wt)).rejects.toMatchObject({ code: 'MOQT_E_USAGE', reason: 'webtransport.in-use' });
  });

  it('follows the rules for a missing protocol: the only draft with a warning, else 14, else none', async () => {
    const outcome = async (drafts: string[]) => {
      const wt = silent();
      const warnings: string[] = [];
      const error = await overWebTransport(wt, {
        drafts,
        timeouts: fast,
        onWarning: ({ kind }) => warnings.push(kind),
      }).catch(({ code }: { code: string }) => code);
      return { error, warnings, closedWith: wt.closedWith };
    };
    const noVersion = [{ closeCode: 0x15, reason: '' }];
    expect(await outcome(['18'])).toMatchObject({ error: 'MOQT_E_TIMEOUT', warnings: ['draft-assumed'] });
    expect(await outcome(['14'])).toMatchObject({ error: 'MOQT_E_TIMEOUT', warnings: [] });
    expect(await outcome(['18', '14'])).toMatchObject({ error: 'MOQT_E_TIMEOUT', warnings: ['draft-assumed'] });
    expect(await outcome(['18', '16'])).toEqual({ error: 'MOQT_E_VERSION', warnings: [], closedWith: noVersion });
  });

  it('knows a protocol in quotes', async () => {
    const wt = silent({ protocol: '"moqt-16"' });
    const rejected = overWebTransport(wt, { drafts: ['18'] });
    await expect(rejected).rejects.toMatchObject({
      code: 'MOQT_E_VERSION',
      message: expect.stringContaining('moqt-16'),
    });
  });

  it('ends with the reason of the signal', async () => {
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    const rejected = expect(overWebTransport(silent(), { signal: controller.signal })).rejects.toBe(reason);
    controller.abort(reason);
    await rejected;
  });
});

describe('connecting with the runtime’s WebTransport', () => {
  it('offers protocols and hashes, and nothing that was not asked for', async () => {
    const calls: unknown[][] = [];
    class Constructor {
      constructor(...parameters: unknown[]) {
        calls.push(parameters);
        throw new TypeError('not today');
      }
    }
    const WebTransport = Constructor as never;
    const refused = { code: 'MOQT_E_USAGE', message: expect.stringContaining('not today') };
    await expect(connect('https://example/live?a=b#fragment', { WebTransport })).rejects.toMatchObject(refused);
    const pinned = { WebTransport, drafts: ['14'], serverCertificateHashes: ['ab'.repeat(32)] };
    await expect(connect('https://example', pinned)).rejects.toMatchObject(refused);
    expect(calls).toEqual([
      ['https://example/live?a=b', { protocols: ['moqt-18', 'moqt-16'] }],
      [
        'https://example',
        { serverCertificateHashes: [{ algorithm: 'sha-256', value: new Uint8Array(32).fill(0xab) }] },
      ],
    ]);
  });

  it('needs https and a WebTransport', async () => {
    await expect(connect('moqt://example', {})).rejects.toMatchObject({ code: 'MOQT_E_URL' });
    await expect(connect('https://example')).rejects.toMatchObject({ code: 'MOQT_E_UNSUPPORTED' });
  });
});
