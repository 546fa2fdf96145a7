import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WebAnswer, WebRequest } from '../../../../src/core/relay/plain-http.js';
import type { WebFiles } from '../../../../src/core/relay/web-files.js';
import { webPage } from '../../../../src/core/relay/web-page.js';
import { utf8 } from '../../../../src/core/util/bytes.js';

const html = readFileSync(new URL('../../../../examples/web/index.html', import.meta.url));
const files: WebFiles = {
  html,
  scripts: new Map([
    ['main.js', utf8('// script')],
    ['part.js', utf8('// part')],
  ]),
  library: utf8('// library'),
  libraryMap: utf8('{"version":3}'),
};
const facts = {
  implementation: 'moqt/1.2.3',
  urls: ['moqt://127.0.0.1:4443/', 'https://127.0.0.1:4443/'],
  drafts: ['18', '16', '14'],
  tokenRequired: false,
  certificate: { sha256: 'ab'.repeat(32), notAfter: '2030-01-02T03:04:05.000Z', pinnable: true },
};

function answering(options: Partial<Parameters<typeof webPage>[0]> = {}) {
  const answer = webPage({ files, facts, anyHost: false, ...options });
  return (path: string, request: Partial<WebRequest> & { origin?: string } = {}): WebAnswer => {
    const { origin, ...rest } = request;
    const headers = new Map(origin === undefined ? [] : [['origin', origin]]);
    return answer({ method: 'GET', path, authority: '127.0.0.1:4443', headers, ...rest });
  };
}

const ask = answering();
const header = (answer: WebAnswer, name: string) => answer.headers.find(([one]) => one === name)?.[1];
const text = (answer: WebAnswer) => Buffer.from(answer.body).toString();

const PATHS = [
  ['/', 'text/html; charset=utf-8'],
  ['/index.html', 'text/html; charset=utf-8'],
  ['/main.js', 'text/javascript; charset=utf-8'],
  ['/part.js', 'text/javascript; charset=utf-8'],
  ['/moqt.js', 'text/javascript; charset=utf-8'],
  ['/moqt.js.map', 'application/json'],
  ['/certificate.sha256', 'text/plain; charset=utf-8'],
  ['/fingerprint', 'text/plain; charset=utf-8'],
  ['/relay.json', 'application/json'],
] as const;
const KNOWN = new Set<string>(PATHS.map(([path]) => path));

describe('the answers of a relay that serves its page', () => {
  it.each(PATHS)('%s is %s, never cached and never guessed at', (path, type) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = ask(path, { method });
      expect(answer.status).toBe(200);
      expect(header(answer, 'content-type')).toBe(type);
      expect(header(answer, 'cache-control')).toBe('no-store');
      expect(header(answer, 'x-content-type-options')).toBe('nosniff');
    }
  });

  it('gives the files as they are', () => {
    expect(ask('/').body).toEqual(files.html);
    for (const [name, script] of files.scripts) expect(ask(`/${name}`).body).toEqual(script);
    expect(ask('/moqt.js').body).toEqual(files.library);
    expect(ask('/moqt.js.map').body).toEqual(files.libraryMap);
  });

  it('gives the hash of the certificate under both of its names, and what there is to know about the relay', () => {
    expect(text(ask('/certificate.sha256'))).toBe(`${facts.certificate.sha256}\n`);
    expect(text(ask('/fingerprint'))).toBe(`${facts.certificate.sha256}\n`);
    expect(JSON.parse(text(ask('/relay.json')))).toEqual(facts);
  });

  it('takes no notice of a query', () => {
    expect(ask('/?draft=18&track=%2e%2e').body).toEqual(files.html);
    expect(ask('/main.js?/../secret').body).toEqual(files.scripts.get('main.js'));
  });

  it.each([
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '/./main.js',
    '//main.js',
    '/main.js/',
    '/MAIN.JS',
    '/main.js%00',
    '\\main.js',
    'http://127.0.0.1/main.js',
    '*',
    '',
    '/favicon.ico',
    '/__proto__',
    '/constructor',
  ])('%j is not found', (path) => {
    expect(ask(path)).toMatchObject({ status: 404 });
  });

  it('finds nothing but its own paths, whatever is asked for', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webPath(), fc.string({ unit: 'binary' })), (path) => {
        fc.pre(!KNOWN.has(path.split('?', 1)[0] ?? ''));
        expect(ask(path).status).toBe(404);
      }),
    );
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'get', ''])('refuses the method %j', (method) => {
    const answer = ask('/', { method });
    expect(answer.status).toBe(405);
    expect(header(answer, 'allow')).toBe('GET, HEAD');
  });
});

describe('names by which it may be asked', () => {
  it.each([
    'localhost',
    'localhost:4443',
    'LOCALHOST:1',
    'moqt.localhost:4443',
    '127.0.0.1',
    '127.8.9.1:80',
    '[::1]',
    '[::1]:4443',
  ])('%s is this machine', (authority) => {
    expect(ask('/', { authority }).status).toBe(200);
  });

  it.each([
    '',
    'example.com',
    'example.com:4443',
    '192.168.1.2:4443',
    '0.0.0.0:4443',
    '[::]:4443',
    'localhost.example.com',
    '127.0.0.1.example.com',
    'example.com@127.0.0.1',
    '127.0.0.1, example.com',
    '127.0.0.1:4443:1',
    '[::1',
    'localhost:port',
  ])('%j is not, for any path', (authority) => {
    for (const path of [...KNOWN, '/nothing']) expect(ask(path, { authority }).status).toBe(421);
  });

  it('is none of its business where others may reach it', () => {
    const remote = answering({ anyHost: true });
    expect(remote('/', { authority: 'relay.example.com' }).status).toBe(200);
  });
});

describe('what pages may do', () => {
  it.each(['http://localhost:5173', 'http://127.0.0.1:8080', 'https://[::1]:1', 'http://localhost'])(
    'a page of %s may read the hash of the certificate, and nothing of the page',
    (origin) => {
      for (const path of ['/certificate.sha256', '/fingerprint', '/relay.json']) {
        const answer = ask(path, { origin });
        expect(header(answer, 'access-control-allow-origin')).toBe(origin);
        expect(header(answer, 'vary')).toBe('origin');
      }
      for (const path of ['/', '/main.js', '/moqt.js']) {
        expect(header(ask(path, { origin }), 'access-control-allow-origin')).toBeUndefined();
      }
    },
  );

  it.each([
    'https://example.com',
    'null',
    'http://localhost.example.com',
    'http://example.com/localhost',
    'file://',
    '',
  ])('a page of %j may read nothing', (origin) => {
    for (const path of KNOWN) {
      expect(header(ask(path, { origin }), 'access-control-allow-origin')).toBeUndefined();
    }
  });

  it('is told by a policy that names its scripts, its style sheet and its relay', () => {
    const styles = [...html.toString().matchAll(/<style>([\s\S]*?)<\/style>/g)];
    expect(styles).toHaveLength(1);
    const hash = createHash('sha256')
      .update(styles[0]?.[1] ?? '')
      .digest('base64');
    const policy = new Map(
      (header(ask('/'), 'content-security-policy') ?? '').split('; ').map((rule) => {
        const [name = '', ...values] = rule.split(' ');
        return [name, values.join(' ')] as const;
      }),
    );
    expect(policy.get('default-src')).toBe("'none'");
    expect(policy.get('script-src')).toBe("'self'");
    expect(policy.get('style-src')).toBe(`'sha256-${hash}'`);
    expect(policy.get('connect-src')).toBe("'self' https://127.0.0.1:4443");
    expect(policy.get('frame-ancestors')).toBe("'none'");
    expect(policy.get('require-trusted-types-for')).toBe("'script'");
    expect([...policy.values()].join(' ')).not.toContain('unsafe');
  });

  it.each([
    ['https://[::1]:4443/', 'https://*:4443'],
    ['https://0.0.0.0:4443/', 'https://*:4443'],
    ['https://192.168.1.2/', 'https://192.168.1.2:443'],
  ])('reaches %s by the source %s', (url, source) => {
    const answer = answering({ facts: { ...facts, urls: [url] } })('/');
    expect(header(answer, 'content-security-policy')).toContain(`connect-src 'self' ${source};`);
  });
});

describe('the page', () => {
  it('writes what others say as text only, and loads nothing from elsewhere', () => {
    const folder = new URL('../../../../examples/web/', import.meta.url);
    const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
    expect(names).toContain('main.js');
    for (const name of names) {
      const script = readFileSync(new URL(name, folder), 'utf8');
      for (const way of ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'document.write', 'eval(', 'new Function']) {
        expect(script, name).not.toContain(way);
      }
      const imported = [...script.matchAll(/from '([^']+)'|import\('([^']+)'\)/g)].map(
        ([, path, lazy]) => path ?? lazy,
      );
      for (const path of imported) expect(['./moqt.js', ...names.map((one) => `./${one}`)], name).toContain(path);
    }
    expect(html.toString()).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });
});
