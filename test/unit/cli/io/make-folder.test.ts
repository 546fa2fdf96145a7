import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../../../src/cli/io/make-folder.js';

const base = mkdtempSync(join(tmpdir(), 'moqt-folder-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe('making a folder', () => {
  it('makes those above it too', async () => {
    await makeFolder(join(base, 'a/b/c'));
    expect(statSync(join(base, 'a/b/c')).isDirectory()).toBe(true);
  });

  it('takes one that is there already', async () => {
    await makeFolder(base);
    await Promise.all([makeFolder(join(base, 'x/y')), makeFolder(join(base, 'x/y'))]);
    expect(statSync(join(base, 'x/y')).isDirectory()).toBe(true);
  });

  it('fails below a file', async () => {
    writeFileSync(join(base, 'file'), '');
    await expect(makeFolder(join(base, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.runIf(process.platform === 'linux')('ends where the file system cannot make folders', async () => {
    await expect(makeFolder('/proc/nope/below')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
