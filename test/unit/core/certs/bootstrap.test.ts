import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type BootstrapOptions, fetchPin, isLoopbackHost } from '../../../../src/core/certs/bootstrap.js';

const HASH = 'ab'.repeat(32);
const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<BootstrapOptions> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, timeoutMs: 5000 };
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe('fetchPin', () => {
  it('takes the hash from /certificate.sha256', async () => {
    const options = await serve((request, response) => {
      if (request.url === '/certificate.sha256') response.end(`${HASH}\n`);
      else response.writeHead(500).end();
    });
    const pin = await fetchPin(options);
    expect(Buffer.from(pin.sha256).toString('hex')).toBe(HASH);
    expect(pin.path).toBe('/certificate.sha256');
  });

  it('falls back to /fingerprint, and asks under the name of the URL', async () => {
    const hosts: (string | undefined)[] = [];
    const options = await serve((request, response) => {
      hosts.push(request.headers.host);
      if (request.url === '/fingerprint') response.end(HASH);
      else response.writeHead(404).end('not here');
    });
    const pin = await fetchPin({ ...options, host: 'relay.example', addresses: ['127.0.0.1'] });
    expect(pin.path).toBe('/fingerprint');
    expect(hosts).toEqual(Array(2).fill(`relay.example:${options.port}`));
  });

  it('says what came back when both refuse, and follows no redirect', async () => {
    let requests = 0;
    const options = await serve((_request, response) => {
      requests++;
      response.writeHead(302, { location: 'http://elsewhere.example/\u00e4' }).end();
    });
    await expect(fetchPin(options)).rejects.toMatchObject({
      code: 'MOQT_E_REJECTED',
      exitCode: 8,
      reason: 'bootstrap.refused',
      message: expect.stringContaining('/fingerprint: 302 to http://elsewhere.example/'),
    });
    expect(requests).toBe(2);
  });

  it.each([
    ['no hash', '<html>\x1b[31m'],
    ['nothing', ''],
    ['a short hash', 'abcd'],
    ['a body without end', null],
  ])('refuses %s', async (_what, body) => {
    const options = await serve((_request, response) => {
      if (body !== null) {
        response.end(body);
        return;
      }
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more).on('error', () => {});
      more();
    });
    const error = await fetchPin(options).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MOQT_E_TLS', exitCode: 4, reason: 'bootstrap.malformed' });
    expect((error as Error).message).not.toContain('\x1b');
  });

  it('gives up at the deadline, whether the answer or its body is missing', async () => {
    for (const begin of [false, true]) {
      const options = await serve((_request, response) => {
        if (begin) response.write('ab');
      });
      await expect(fetchPin({ ...options, timeoutMs: 50.5 })).rejects.toMatchObject({
        code: 'MOQT_E_TIMEOUT',
        exitCode: 6,
        reason: 'bootstrap.timeout',
      });
    }
  });

  it('says when nothing answers', async () => {
    const options = await serve(() => {});
    const server = servers.pop() as Server;
    await new Promise((resolve) => server.close(resolve));
    await expect(fetchPin(options)).rejects.toMatchObject({
      code: 'MOQT_E_UNREACHABLE',
      exitCode: 3,
      reason: 'tcp.refused',
    });
  });

  it('tells what speaks no HTTP from what closes the connection', async () => {
    for (const [greeting, cause] of [
      ['SSH-2.0-OpenSSH_9\r\n', 'bootstrap.not-http'],
      [null, 'bootstrap.closed'],
    ] as const) {
      const server = createTcpServer((socket) => {
        socket.on('error', () => {}).resume();
        if (greeting === null) socket.destroy();
        else socket.write(greeting);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const fetching = fetchPin({ host: '127.0.0.1', port, timeoutMs: 5000 });
      await expect(fetching).rejects.toMatchObject({ code: 'MOQT_E_PROTOCOL', exitCode: 7, reason: cause });
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('says how long a body that is no hash was, and does not read a refusal of any length', async () => {
    const long = await serve((_request, response) => void response.end('a'.repeat(5000)));
    await expect(fetchPin(long)).rejects.toThrow('more than 1024 bytes');
    const refusing = await serve((_request, response) => void response.writeHead(404).end('a'.repeat(500_000)));
    await expect(fetchPin(refusing)).rejects.toMatchObject({ reason: 'bootstrap.refused' });
  });

  it('rejects with the reason of its signal', async () => {
    const options = await serve(() => {});
    const controller = new AbortController();
    const reason = new Error('enough');
    const fetching = fetchPin({ ...options, signal: controller.signal });
    controller.abort(reason);
    await expect(fetching).rejects.toBe(reason);
  });
});

describe('isLoopbackHost', () => {
  it.each(['localhost', 'LOCALHOST.', 'a.localhost', '127.0.0.1', '127.1.2.3', '::1'])('%s: yes', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });
  it.each(['localhost.example', 'notlocalhost', '128.0.0.1', '127.0.0.1.example', '::2', '0.0.0.0'])(
    '%s: no',
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
    },
  );
});
