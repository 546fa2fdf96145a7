import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCaFile, systemRoots } from '../../../../src/core/certs/roots.js';
import * as certs from '../../../support/certs.js';

let folder: string;
let one: certs.TestAuthority;
let two: certs.TestAuthority;

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moqt-roots-'));
  [one, two] = await Promise.all([certs.authority('One'), certs.authority('Two')]);
});
afterAll(() => rm(folder, { recursive: true }));

describe('readCaFile', () => {
  it('reads every certificate of a bundle and skips what is not one', async () => {
    const path = await file('two.pem', `# One\n${one.certPem}\n${one.keyPem}# Two\r\n${two.certPem}`);
    expect(await readCaFile(path)).toMatchObject({ count: 2, source: path, warnings: [] });
  });

  it.each([
    ['empty.pem', '', 'tls.ca-empty'],
    ['text.pem', 'no certificates here', 'tls.ca-empty'],
    ['binary.pem', new Uint8Array(1000), 'tls.ca-empty'],
    ['damaged.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'tls.ca-malformed'],
    ['cut.pem', '-----BEGIN CERTIFICATE-----\nMIIB', 'tls.ca-empty'],
  ])('refuses %s: never no roots', async (name, content, cause) => {
    const path = await file(name, content);
    await expect(readCaFile(path)).rejects.toMatchObject({
      code: 'MOQT_E_TLS',
      exitCode: 4,
      reason: cause,
      message: expect.stringContaining(path),
    });
  });

  it('says which certificate of a bundle is damaged', async () => {
    const path = await file('second.pem', `${one.certPem}${two.certPem.replace('MII', 'AAA')}`);
    await expect(readCaFile(path)).rejects.toThrow('certificate 2');
  });

  it('refuses a file that is not there, and a directory', async () => {
    await expect(readCaFile(join(folder, 'absent'))).rejects.toMatchObject({
      code: 'MOQT_E_TLS',
      reason: 'tls.ca-unreadable',
      message: expect.stringContaining('ENOENT'),
    });
    await expect(readCaFile(folder)).rejects.toMatchObject({
      code: 'MOQT_E_TLS',
      message: expect.stringContaining('EISDIR'),
    });
  });

  it.skipIf(process.platform === 'win32')('stops reading a file without end', async () => {
    await expect(readCaFile('/dev/zero')).rejects.toMatchObject({ reason: 'tls.ca-unreadable' });
  });
});

describe('systemRoots', () => {
  it('prefers SSL_CERT_FILE, then the first bundle that exists, then those of Node', async () => {
    const named = await file('named.pem', one.certPem);
    const bundle = await file('bundle.pem', two.certPem);
    const empty = await file('none.pem', '');
    const bundles = [join(folder, 'absent'), empty, bundle];
    expect((await systemRoots({ env: { SSL_CERT_FILE: named }, bundles })).source).toBe(named);
    expect((await systemRoots({ env: {}, bundles })).source).toBe(bundle);
    const node = await systemRoots({ env: { SSL_CERT_FILE: '' }, bundles: [] });
    expect(node).toMatchObject({ source: 'node', count: rootCertificates.length });
  });

  it('never falls back from an SSL_CERT_FILE that cannot be used', async () => {
    const env = { SSL_CERT_FILE: join(folder, 'absent') };
    await expect(systemRoots({ env })).rejects.toMatchObject({
      code: 'MOQT_E_TLS',
      message: expect.stringContaining('SSL_CERT_FILE'),
    });
  });

  it('adds NODE_EXTRA_CA_CERTS, and warns when it cannot be used', async () => {
    const bundles = [await file('base.pem', one.certPem)];
    const extra = await file('extra.pem', two.certPem);
    const both = await systemRoots({ env: { NODE_EXTRA_CA_CERTS: extra }, bundles });
    expect(both.count).toBe(2);
    expect(both.pem).toContain(two.certPem.trim());
    const missing = await systemRoots({ env: { NODE_EXTRA_CA_CERTS: join(folder, 'absent') }, bundles });
    expect(missing).toMatchObject({ count: 1, warnings: [expect.stringContaining('NODE_EXTRA_CA_CERTS')] });
  });

  it('takes a file once that is named twice', async () => {
    const extra = await file('same.pem', one.certPem);
    const env = { SSL_CERT_FILE: extra, NODE_EXTRA_CA_CERTS: extra };
    expect(await systemRoots({ env })).toMatchObject({ count: 1, source: extra });
  });

  it('finds roots on this machine', async () => {
    expect((await systemRoots({ env: {} })).count).toBeGreaterThan(0);
  });
});
