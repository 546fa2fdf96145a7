import { expect, it } from 'vitest';
import { checkOptions } from '../../../../src/core/relay/serve-options.js';

const names: Readonly<Record<string, readonly string[]>> = {
  localhost: ['::1', '127.0.0.1'],
  'v6.test': ['::1'],
  'remote.test': ['192.0.2.1'],
};
const resolve = async (host: string): Promise<readonly string[]> => names[host] ?? [];

it.each([
  [undefined, '127.0.0.1'],
  ['::1', '::1'],
  ['localhost', '127.0.0.1'],
  ['v6.test', '::1'],
])('listens for %s on %s', async (host, address) => {
  expect(await checkOptions({ ...(host !== undefined && { host }) }, resolve)).toMatchObject({ host: address });
});

it('refuses a name that others can reach, unless told otherwise', async () => {
  await expect(checkOptions({ host: 'remote.test' }, resolve)).rejects.toMatchObject({
    code: 'MOQT_E_USAGE',
    message: expect.stringContaining('remote.test (192.0.2.1) can be reached by others'),
    hint: expect.stringContaining('--allow-remote'),
  });
  const allowed = await checkOptions({ host: 'remote.test', allowRemote: true }, resolve);
  expect(allowed).toMatchObject({ host: '192.0.2.1' });
});

it('judges where a name leads, not what it is called', async () => {
  const elsewhere = async () => ['192.0.2.1'];
  await expect(checkOptions({ host: 'localhost' }, elsewhere)).rejects.toMatchObject({ code: 'MOQT_E_USAGE' });
});

it('finds other mistakes without asking for the name', async () => {
  const never = () => Promise.reject(new Error('asked'));
  await expect(checkOptions({ host: 'remote.test', drafts: ['13'] }, never)).rejects.toMatchObject({
    code: 'MOQT_E_USAGE',
    message: expect.stringContaining('13'),
  });
});
