import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type Exporter, isAllowedHost, serveMetrics } from '../../../../src/core/probe/exporter.js';

let exporter: Exporter | null = null;
afterEach(() => exporter?.close());

function ask(path: string, options: { host?: string; method?: string } = {}) {
  return new Promise<{ status: number | undefined; type: string | undefined; body: string }>((resolve, reject) => {
    const { host, method = 'GET' } = options;
    const outgoing = request(`${exporter?.url}${path}`, { method, headers: host === undefined ? {} : { host } });
    outgoing.on('response', (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

const serve = async (host = '127.0.0.1', port = 0) =>
  serveMetrics({ host, port, metrics: () => 'up 1\n', index: () => '<!doctype html>' });

describe('serveMetrics', () => {
  it('answers with metrics and an index, and nothing else', async () => {
    exporter = await serve();
    expect(await ask('/metrics')).toEqual({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: 'up 1\n',
    });
    expect(await ask('/')).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect(await ask('/metrics', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect(await ask('/other')).toMatchObject({ status: 404 });
    expect(await ask('/metrics', { method: 'POST' })).toMatchObject({ status: 405 });
  });

  it('does not answer to a name that was made to point here', async () => {
    exporter = await serve();
    expect(await ask('/metrics', { host: 'evil.example' })).toMatchObject({ status: 421 });
    expect(await ask('/metrics', { host: 'localhost:9464' })).toMatchObject({ status: 200 });
  });

  it('says that a port is in use', async () => {
    exporter = await serve();
    const port = Number(new URL(exporter.url).port);
    await expect(serve('127.0.0.1', port)).rejects.toMatchObject({ code: 'MOQT_E_LOCAL_IO', exitCode: 10 });
  });
});

describe('isAllowedHost', () => {
  it.each([
    ['localhost:9464', '127.0.0.1', true],
    ['[::1]:9464', '127.0.0.1', true],
    ['192.0.2.1:9464', '127.0.0.1', false],
    ['', '127.0.0.1', false],
    ['evil.example', '0.0.0.0', false],
    ['a@127.0.0.1', '0.0.0.0', false],
    ['192.0.2.1:9464', '0.0.0.0', true],
    ['[2001:db8::1]:9464', '::', true],
    ['exporter:9464', '0.0.0.0', true],
    ['exporter.monitoring.svc.cluster.local:9464', '0.0.0.0', true],
    ['Relaymon.Example', 'relaymon.example', true],
  ])('%s, listening on %s: %s', (header, listened, allowed) => {
    expect(isAllowedHost(header, listened)).toBe(allowed);
  });
});
