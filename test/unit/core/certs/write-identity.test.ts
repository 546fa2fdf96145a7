import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeIdentity } from '../../../../src/core/certs/write-identity.js';

const made = { certPem: 'certificate\n', keyPem: 'key\n' };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'moqt-identity-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mode = (name: string) => statSync(join(folder, name)).mode & 0o777;
const text = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('writeIdentity', () => {
  it('writes both, the key for its owner alone', async () => {
    const files = await writeIdentity(folder, made, { force: false });
    expect(files).toEqual({ certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') });
    expect([text('cert.pem'), text('key.pem')]).toEqual([made.certPem, made.keyPem]);
    expect(mode('key.pem')).toBe(0o600);
  });

  it.each(['cert.pem', 'key.pem'])('writes nothing when %s is there', async (name) => {
    writeFileSync(join(folder, name), 'precious');
    const writing = writeIdentity(folder, made, { force: false });
    await expect(writing).rejects.toMatchObject({ code: 'MOQT_E_LOCAL_IO', exitCode: 10, reason: 'io.eexist' });
    expect(readdirSync(folder)).toEqual([name]);
    expect(text(name)).toBe('precious');
  });

  it('replaces with force, also what all could read, and does not write through a link', async () => {
    const other = join(folder, 'other');
    writeFileSync(other, 'precious');
    symlinkSync(other, join(folder, 'key.pem'));
    writeFileSync(join(folder, 'cert.pem'), 'old', { mode: 0o666 });
    await writeIdentity(folder, made, { force: true });
    expect(readFileSync(other, 'utf8')).toBe('precious');
    expect([text('cert.pem'), text('key.pem')]).toEqual([made.certPem, made.keyPem]);
    expect(mode('key.pem')).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['cert.pem', 'key.pem', 'other']);
  });

  it('leaves no half of it behind when the second file cannot be written', async () => {
    // A link to nowhere: it does not exist, and cannot be created.
    symlinkSync(join(folder, 'nowhere'), join(folder, 'cert.pem'));
    await expect(writeIdentity(folder, made, { force: false })).rejects.toMatchObject({ code: 'MOQT_E_LOCAL_IO' });
    expect(readdirSync(folder)).toEqual(['cert.pem']);
  });

  it('says why a folder takes nothing, and leaves no temporary file', async () => {
    await expect(writeIdentity(join(folder, 'missing'), made, { force: false })).rejects.toMatchObject({
      reason: 'io.enoent',
    });
    mkdirSync(join(folder, 'key.pem'));
    await expect(writeIdentity(folder, made, { force: true })).rejects.toMatchObject({ exitCode: 10 });
    expect(readdirSync(folder)).toEqual(['key.pem']);
  });
});
