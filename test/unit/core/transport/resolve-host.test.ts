import { describe, expect, it } from 'vitest';
import { interleave, resolveHost } from '../../../../src/core/transport/resolve-host.js';

const resolve = new Map([['both.test:443', ['192.0.2.1', '192.0.2.2', '2001:db8::1']]]);
const both = { host: 'both.test', port: 443 };

describe('the addresses of a host', () => {
  it('begin with the family of the one that came first, and alternate', () => {
    expect(interleave(['::1', '::2', '::3', '1.1.1.1', '2.2.2.2'])).toEqual([
      '::1',
      '1.1.1.1',
      '::2',
      '2.2.2.2',
      '::3',
    ]);
    expect(interleave(['1.1.1.1', '::1'])).toEqual(['1.1.1.1', '::1']);
    expect(interleave([])).toEqual([]);
  });

  it('alternate between the families', async () => {
    expect(await resolveHost(both, { resolve }, 1000)).toEqual(['192.0.2.1', '2001:db8::1', '192.0.2.2']);
  });

  it('are of the family that is asked for, and of the one that is sent from', async () => {
    expect(await resolveHost(both, { resolve, family: 6 }, 1000)).toEqual(['2001:db8::1']);
    expect(await resolveHost(both, { resolve, bind: '::1' }, 1000)).toEqual(['2001:db8::1']);
    expect(await resolveHost(both, { resolve, bind: '127.0.0.1', family: 4 }, 1000)).toEqual([
      '192.0.2.1',
      '192.0.2.2',
    ]);
  });

  it('are none when --bind is of the other family, and the error says that it is --bind', async () => {
    const literal = { host: '127.0.0.1', port: 443 };
    for (const [host, options] of [
      [literal, { bind: '::1' }],
      [literal, { bind: '::1', family: 4 }],
      [both, { bind: '::1', family: 4, resolve }],
    ] as const) {
      await expect(resolveHost(host, options, 1000)).rejects.toMatchObject({
        code: 'MOQT_E_UNREACHABLE',
        message: expect.stringContaining('--bind ::1 is an IPv6 address'),
        hint: expect.stringContaining('IPv4 address of this machine'),
      });
    }
  });

  it('are none of a family that the host does not have', async () => {
    await expect(resolveHost({ host: '::1', port: 443 }, { family: 4 }, 1000)).rejects.toMatchObject({
      message: '::1 has no IPv4 address',
      hint: 'it has ::1; allow IPv6',
    });
  });
});
