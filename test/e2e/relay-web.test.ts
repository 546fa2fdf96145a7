import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { selfSigned } from '../support/certs.js';
import { errorOf, run, start, startRelay, type TestRelay } from '../support/moqt.js';

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

/** Not fetch(): that lets nobody choose the Host, and tidies paths up. */
function ask(base: string, path: string, options: { method?: string; host?: string } = {}): Promise<Answer> {
  const { hostname, port, host } = new URL(base);
  return new Promise((resolve, reject) => {
    const { method = 'GET' } = options;
    request({ hostname, port, path, method, headers: { host: options.host ?? host } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    })
      .on('error', reject)
      .end();
  });
}

function listening(relay: TestRelay): Record<string, unknown> & { web: string } {
  return JSON.parse(relay.process.stdout.toString().split('\n')[0] as string);
}

it('serves the page at the address that it prints, and nothing else of the package', async () => {
  const relay = await startRelay(['--web']);
  const event = listening(relay);
  const schema = (name: string) =>
    JSON.parse(readFileSync(new URL(`../../schemas/${name}.json`, import.meta.url), 'utf8'));
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
  ajv.addSchema(schema('common'));
  expect(ajv.validate(schema('relay'), event), ajv.errorsText()).toBe(true);

  const { web } = event;
  expect(web).toBe(relay.webtransport.replace('https:', 'http:'));
  const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
  expect((await ask(web, '/')).body).toEqual(file('examples/web/index.html'));
  for (const name of ['main.js', 'dom.js', 'connection.js']) {
    expect((await ask(web, `/${name}`)).body).toEqual(file(`examples/web/${name}`));
  }
  expect((await ask(web, '/moqt.js')).body).toEqual(file('dist/web/moqt.js'));
  expect((await ask(web, '/certificate.sha256')).body.toString().trim()).toBe(relay.trust[1]);
  expect(JSON.parse((await ask(web, '/relay.json')).body.toString())).toMatchObject({
    urls: [relay.quic, relay.webtransport],
    certificate: { sha256: relay.trust[1], pinnable: true },
    tokenRequired: false,
  });

  const head = await ask(web, '/main.js', { method: 'HEAD' });
  expect(head.body).toHaveLength(0);
  expect(head.headers['content-length']).toBe(String(file('examples/web/main.js').length));
  expect(await ask(web, '/', { method: 'POST' })).toMatchObject({ status: 405 });
  expect(await ask(web, '/../package.json')).toMatchObject({ status: 404 });
  expect(await ask(web, '/', { host: 'rebound.example' })).toMatchObject({ status: 421 });
  await relay.stop();
});

it('prints the address of the page to people, and of no page without --web', async () => {
  for (const flags of [['--web'], []]) {
    const relay = start(['relay', '--listen', '127.0.0.1:0', ...flags]);
    await relay.until((m) => m.stdout.includes('moqt subscribe'), 'the relay listened');
    relay.kill('SIGTERM');
    const { stdout } = await relay.done;
    const page = expect.stringMatching(/^page {9}http:\/\/127\.0\.0\.1:\d+\/$/m);
    expect(stdout.toString()).toEqual(flags.length > 0 ? page : expect.not.stringContaining('page'));
  }
});

it('says when browsers will not pin the certificate', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moqt-relay-web-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const made = await selfSigned({ toDays: 30 });
  await writeFile(cert, made.certPem);
  await writeFile(key, made.keyPem);
  const relay = await startRelay(['--web', '--cert', cert, '--key', key]);
  const facts = JSON.parse((await ask(listening(relay).web, '/relay.json')).body.toString());
  expect(facts.certificate.pinnable).toBe(false);
  await relay.stop();
  await rm(folder, { recursive: true });
});

it.each(['quic', 'webtransport', 'webtransport-h2', 'quic,webtransport-h2', 'quic,webtransport'])(
  'refuses to serve the page with the transports %s only',
  async (transports) => {
    const result = await run(['relay', '--web', '--transport', transports, '--listen', '127.0.0.1:0', '--json']);
    expect(result.code).toBe(2);
    expect(errorOf(result)).toMatchObject({ code: 'MOQT_E_USAGE', cause: 'relay.web' });
  },
);
