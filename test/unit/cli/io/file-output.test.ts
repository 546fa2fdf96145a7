import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileOutput } from '../../../../src/cli/io/file-output.js';

const folder = mkdtempSync(join(tmpdir(), 'moqt-output-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('FileOutput', () => {
  it('writes everything in order and counts it', async () => {
    const path = join(folder, 'ordered');
    const fd = openSync(path, 'w');
    const output = new FileOutput(fd, 'file', () => {});
    const parts = Array.from({ length: 2_000 }, (_, i) => Buffer.from(`${i}\n`));
    for (const part of parts) void output.write(part);
    await output.flush();
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe(parts.join(''));
    expect(output.written).toBe(Buffer.concat(parts).length);
  });

  it('asks the caller to wait once a megabyte is queued', async () => {
    const fd = openSync(join(folder, 'large'), 'w');
    const output = new FileOutput(fd, 'file', () => {});
    expect(output.write(Buffer.alloc(1024))).toBeUndefined();
    const wait = output.write(Buffer.alloc(4 << 20));
    expect(wait).toBeInstanceOf(Promise);
    await wait;
    await output.flush();
    closeSync(fd);
  });

  it('says how much was written when the device is full', async () => {
    const fd = openSync('/dev/full', 'w');
    const output = new FileOutput(fd, '/dev/full', () => {});
    void output.write(Buffer.from('x'));
    await expect(output.flush()).rejects.toMatchObject({
      code: 'MOQT_E_LOCAL_IO',
      reason: 'io.no-space',
      exitCode: 10,
    });
    await expect(output.write(Buffer.from('y'))).rejects.toMatchObject({ code: 'MOQT_E_LOCAL_IO' });
    closeSync(fd);
  });
});
