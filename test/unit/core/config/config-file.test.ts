import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig, readConfigFile } from '../../../../src/core/config/config-file.js';

const folder = mkdtempSync(join(tmpdir(), 'moqt-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('parseConfig', () => {
  it('reads values for every command, for one command, and contexts', () => {
    const file = parseConfig(
      'c.json',
      '{"draft":"18","insecure":true,"commands":{"publish":{"rate":5}},"contexts":{"lab":{"draft":["16","14"]}}}',
    );
    expect(Object.fromEntries(file.values)).toEqual({ draft: '18', insecure: true });
    expect(file.commands.get('publish')?.get('rate')).toBe(5);
    expect(file.contexts.get('lab')?.get('draft')).toEqual(['16', '14']);
  });

  it.each([
    ['text that is not JSON', '{'],
    ['a list', '[]'],
    ['a value that no flag takes', '{"draft":{"a":1}}'],
    ['a key that reaches for the prototype', '{"__proto__":{"insecure":true}}'],
    ['the same, deeper', '{"commands":{"constructor":{}}}'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseConfig('c.json', text)).toThrowError(expect.objectContaining({ code: 'MOQT_E_USAGE' }));
  });
});

describe('readConfigFile', () => {
  it('takes a missing default file as none, and a missing named one as an error', async () => {
    expect(await readConfigFile(join(folder, 'absent.json'), false)).toBeNull();
    await expect(readConfigFile(join(folder, 'absent.json'), true)).rejects.toMatchObject({ code: 'MOQT_E_LOCAL_IO' });
  });

  it('refuses a file larger than any configuration before reading it', async () => {
    const path = join(folder, 'huge.json');
    writeFileSync(path, Buffer.alloc(2 << 20, 0x20));
    await expect(readConfigFile(path, true)).rejects.toMatchObject({ code: 'MOQT_E_USAGE' });
  });
});
